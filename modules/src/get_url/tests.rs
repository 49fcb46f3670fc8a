//! `get_url` from a small server on the loopback.

use super::file_name;
use crate::module_tests::Lab;
use std::io::{Read, Write};
use std::net::TcpListener;

/// Serves: /a says "hello", /none is not there; knows If-Modified-Since, and wants a header for /secret.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut bytes = [0; 4096];
            while !request.windows(4).any(|w| w == b"\r\n\r\n") {
                match stream.read(&mut bytes) {
                    Ok(n) if n > 0 => request.extend_from_slice(&bytes[..n]),
                    _ => break,
                }
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let refused = request.starts_with("GET /secret") && !request.contains("X-Key: a\"b\\c");
            let answer = if request.starts_with("GET /none") || refused {
                "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngone"
            } else if request.contains("If-Modified-Since") {
                "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
            } else {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
            };
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

fn has_curl() -> bool {
    let there = std::process::Command::new("curl").arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: curl is not installed");
    }
    there
}

#[test]
fn a_file_is_fetched_once() {
    if !has_curl() {
        return;
    }
    let base = serve();
    let mut lab = Lab::new();
    let done =
        lab.changes_once("get_url", &format!(r#"{{"url": "{base}/a", "dest": "D/x", "mode": "0640"}}"#));
    assert_eq!(lab.read("x"), "hello");
    assert_eq!(lab.mode("x"), "0640");
    assert_eq!(done.result["status_code"], crate::Data::Int(200));
    assert_eq!(done.result["msg"].as_str(), Some("OK (5 bytes)"));
    assert_eq!(done.result["checksum_src"].as_str(), Some("aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"));
    let left = std::fs::read_dir(&lab.folder).unwrap().count();
    assert_eq!(left, 1, "nothing but the file is left");
}

#[test]
fn a_sum_is_checked_before_and_after() {
    if !has_curl() {
        return;
    }
    let base = serve();
    let mut lab = Lab::new();
    let sum = "sha1:aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
    lab.changes_once("get_url", &format!(r#"{{"url": "{base}/a", "dest": "D/y", "checksum": "{sum}"}}"#));
    let wrong = format!(r#"{{"url": "{base}/a", "dest": "D/z", "checksum": "sha1:00"}}"#);
    assert!(lab.fails("get_url", &wrong).contains("did not match 00"));
    assert!(!lab.folder.join("z").exists());
}

#[test]
fn a_refusal_names_its_status_and_leaves_nothing() {
    if !has_curl() {
        return;
    }
    let base = serve();
    let mut lab = Lab::new();
    let outcome = lab.go("get_url", &format!(r#"{{"url": "{base}/none", "dest": "D/x"}}"#), false);
    let fault = outcome.failed.unwrap();
    assert_eq!(fault.message, "Request failed");
    assert_eq!(fault.result["response"].as_str(), Some("HTTP Error 404: Not Found"));
    assert_eq!(std::fs::read_dir(&lab.folder).unwrap().count(), 0);
}

#[test]
fn headers_reach_the_server_as_they_are() {
    if !has_curl() {
        return;
    }
    let base = serve();
    let mut lab = Lab::new();
    let args = format!(r#"{{"url": "{base}/secret", "dest": "D/", "headers": {{"X-Key": "a\"b\\c"}}}}"#);
    let outcome = lab.go("get_url", &args, false);
    assert!(outcome.failed.is_none() && outcome.changed, "{outcome:?}");
    assert_eq!(lab.read("secret"), "hello");
}

#[test]
fn the_name_of_a_file_is_the_last_part_of_its_path() {
    assert_eq!(file_name("http://x/a/b.tar?q=1").as_deref(), Some("b.tar"));
    assert_eq!(file_name("http://x/").as_deref(), Some("index.html"));
    assert_eq!(file_name("http://x"), None);
}
