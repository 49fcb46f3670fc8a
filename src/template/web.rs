//! A small HTTP client for `lookup('url')`: GET over plain TCP, TLS or a Unix socket, with redirects, proxies, basic
//! authentication and a bound on time and size.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::ssl::{HandshakeError, SslConnector, SslMethod, SslVerifyMode};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// The most bytes of an answer's body.
const MOST: u64 = 256 << 20;
/// The most bytes of an answer's head.
const MOST_HEAD: u64 = 1 << 20;
/// How many redirects are followed.
const REDIRECTS: usize = 10;

/// Where the certificates of authorities usually are.
const BUNDLES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server answered with an error, or a redirect that was not to be followed.
    #[error("HTTP Error {0}: {1}")]
    Status(u16, String),
    /// The server's certificate does not hold.
    #[error("{0}")]
    Certificate(String),
    /// The address cannot be read or reached.
    #[error("<urlopen error {0}>")]
    Unreachable(String),
    /// It is no URL.
    #[error("unknown url type: '{0}'")]
    NoUrl(String),
    /// The server stayed silent too long.
    #[error("timed out")]
    TimedOut,
    /// It answered with more than is taken, or with what is no HTTP.
    #[error("{0}")]
    Answer(String),
}

/// A request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Headers besides those that are always sent.
    pub headers: Vec<(String, String)>,
    /// Headers not sent again after a redirect.
    pub unredirected: Vec<String>,
    /// Name and password.
    pub login: Option<(String, String)>,
    /// Send them before the server asks.
    pub login_first: bool,
    /// Whether redirects are followed.
    pub follow: bool,
    /// Look at the proxies of the environment.
    pub proxies: bool,
    /// Check certificates.
    pub verify: bool,
    /// A bundle of authorities.
    pub authorities: Option<String>,
    /// Ciphers, in OpenSSL's form.
    pub ciphers: Option<String>,
    /// Connect to this socket instead.
    pub unix_socket: Option<String>,
    /// How long to wait for the server at a time.
    pub patience: Duration,
}

/// The parts of a URL that a request needs.
struct Url {
    tls: bool,
    host: String,
    port: u16,
    path: String,
    login: Option<(String, String)>,
}

impl Url {
    fn parse(text: &str) -> Result<Url, Fault> {
        let Some((scheme, rest)) = text.split_once(':') else { return Err(Fault::NoUrl(text.to_owned())) };
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            other => return Err(Fault::Unreachable(format!("unknown url type: {other}"))),
        };
        let rest = rest.strip_prefix("//").ok_or_else(|| Fault::Unreachable("no host given".into()))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let path = path.split('#').next().unwrap_or("");
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        if path.chars().chain(authority.chars()).any(|c| c.is_control() || c == ' ') {
            return Err(Fault::Answer("URL can't contain control characters or blanks".into()));
        }
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => {
                let (name, password) = login.split_once(':').unwrap_or((login, ""));
                (Some((name.to_owned(), password.to_owned())), host)
            }
            None => (None, authority),
        };
        let (host, port) = match host.strip_prefix('[').and_then(|h| h.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => match host.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (host, None),
            },
        };
        let port = match port.filter(|p| !p.is_empty()) {
            None if tls => 443,
            None => 80,
            Some(port) => port.parse().map_err(|_| Fault::Answer(format!("nonnumeric port: '{port}'")))?,
        };
        if host.is_empty() {
            return Err(Fault::Unreachable("no host given".into()));
        }
        let path = path.chars().map(percent_encoded).collect();
        Ok(Url { tls, host: host.to_owned(), port, path, login })
    }

    fn host_header(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if self.tls { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }
}

fn percent_encoded(c: char) -> String {
    if c.is_ascii() {
        return c.to_string();
    }
    c.encode_utf8(&mut [0; 4]).bytes().map(|b| format!("%{b:02X}")).collect()
}

struct Answer {
    status: u16,
    reason: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Fetches what a URL names.
///
/// # Errors
/// It cannot be reached, or the server answers with something else than success.
pub fn get(
    url: &str,
    request: &Request,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<u8>, Fault> {
    if let Some(path) = url.strip_prefix("file://") {
        return std::fs::read(path).map_err(|e| Fault::Unreachable(e.to_string()));
    }
    let mut request = request.clone();
    let mut url_text = url.to_owned();
    let mut asked = false;
    for _ in 0..=REDIRECTS {
        let url = Url::parse(&url_text)?;
        let login = request.login.clone().or_else(|| url.login.clone());
        let sends_login = login.is_some() && (request.login_first || asked);
        let answer = exchange(&url, &request, login.as_ref().filter(|_| sends_login), environment)?;
        match answer.status {
            200..=299 => return Ok(answer.body),
            401 if login.is_some() && !sends_login && basic(&answer) => asked = true,
            301 | 302 | 303 | 307 | 308 if request.follow => {
                let Some(target) = answer.header("location") else {
                    return Err(Fault::Status(answer.status, answer.reason));
                };
                let next = joined(&url, target);
                let other = Url::parse(&next)?;
                if other.host != url.host || other.port != url.port {
                    request.login = None;
                    asked = false;
                }
                let unredirected = std::mem::take(&mut request.unredirected);
                request.headers.retain(|(n, _)| !unredirected.iter().any(|u| u.eq_ignore_ascii_case(n)));
                url_text = next;
            }
            status => return Err(Fault::Status(status, answer.reason)),
        }
    }
    Err(Fault::Answer("the server redirects too often".into()))
}

fn basic(answer: &Answer) -> bool {
    answer.header("www-authenticate").is_some_and(|v| v.to_ascii_lowercase().starts_with("basic"))
}

fn joined(base: &Url, target: &str) -> String {
    let scheme = if base.tls { "https" } else { "http" };
    if target.contains("://") {
        target.to_owned()
    } else if let Some(rest) = target.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if target.starts_with('/') {
        format!("{scheme}://{}{target}", base.host_header())
    } else {
        let path = base.path.split('?').next().unwrap_or("/");
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{}{folder}/{target}", base.host_header())
    }
}

fn exchange(
    url: &Url,
    request: &Request,
    login: Option<&(String, String)>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Answer, Fault> {
    let proxy = proxy_of(url, request, environment)?;
    let mut stream = connect(url, request, proxy.as_ref())?;
    let target = match &proxy {
        Some(_) if !url.tls => format!("http://{}{}", url.host_header(), url.path),
        _ => url.path.clone(),
    };
    let mut head = format!("GET {target} HTTP/1.1\r\nAccept-Encoding: identity\r\n");
    let mut header = |name: &str, value: &str| -> Result<(), Fault> {
        if name.chars().chain(value.chars()).any(|c| matches!(c, '\r' | '\n' | '\0')) {
            return Err(Fault::Answer(format!("Invalid header value for {name}")));
        }
        head.push_str(&format!("{name}: {value}\r\n"));
        Ok(())
    };
    let given = |name: &str| request.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    if !given("host") {
        header("Host", &url.host_header())?;
    }
    for (name, value) in &request.headers {
        header(name, value)?;
    }
    if let Some((name, password)) = login.filter(|_| !given("authorization")) {
        header("Authorization", &format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))?;
    }
    if let Some((name, password)) = proxy.as_ref().filter(|_| !url.tls).and_then(|p| p.login.as_ref()) {
        header("Proxy-Authorization", &format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))?;
    }
    head.push_str("Connection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).map_err(broken)?;
    stream.flush().map_err(broken)?;
    read_answer(&mut BufReader::new(stream))
}

fn broken(error: std::io::Error) -> Fault {
    match error.kind() {
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => Fault::TimedOut,
        _ => Fault::Answer(error.to_string()),
    }
}

/// The proxy that the environment names for a URL.
fn proxy_of(
    url: &Url,
    request: &Request,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Url>, Fault> {
    if !request.proxies || request.unix_socket.is_some() {
        return Ok(None);
    }
    let either = |name: &str| environment(name).or_else(|| environment(&name.to_uppercase()));
    let excepted = either("no_proxy").unwrap_or_default();
    let is_excepted = excepted.split(',').map(|part| part.trim().trim_start_matches('.')).any(|part| {
        part == "*" || (!part.is_empty() && (url.host == part || url.host.ends_with(&format!(".{part}"))))
    });
    let name = if url.tls { "https_proxy" } else { "http_proxy" };
    match either(name).filter(|p| !p.is_empty() && !is_excepted) {
        None => Ok(None),
        Some(text) if text.contains("://") => Url::parse(&text).map(Some),
        Some(text) => Url::parse(&format!("http://{text}")).map(Some),
    }
}

fn connect(url: &Url, request: &Request, proxy: Option<&Url>) -> Result<Box<dyn Stream>, Fault> {
    if let Some(path) = &request.unix_socket {
        let stream = UnixStream::connect(path).map_err(|e| Fault::Unreachable(told(&e)))?;
        let _ = stream.set_read_timeout(Some(request.patience));
        let _ = stream.set_write_timeout(Some(request.patience));
        return if url.tls { encrypted(stream, url, request) } else { Ok(Box::new(stream)) };
    }
    let first = proxy.unwrap_or(url);
    let mut stream = dialled(&first.host, first.port, request.patience)?;
    if !url.tls {
        return Ok(Box::new(stream));
    }
    if let Some(proxy) = proxy {
        let target = format!("{}:{}", url.host, url.port);
        let login = proxy.login.as_ref().map(|(name, password)| {
            format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(format!("{name}:{password}")))
        });
        let head =
            format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{}\r\n", login.unwrap_or_default());
        stream.write_all(head.as_bytes()).map_err(broken)?;
        // Byte by byte: what follows the empty line is the server's.
        let (mut answer, mut byte) = (Vec::new(), [0]);
        while !answer.ends_with(b"\r\n\r\n") && (answer.len() as u64) < MOST_HEAD {
            if stream.read(&mut byte).map_err(broken)? == 0 {
                break;
            }
            answer.extend(byte);
        }
        let first = String::from_utf8_lossy(&answer);
        let first = first.lines().next().unwrap_or("").to_owned();
        if first.split_whitespace().nth(1).is_none_or(|status| !status.starts_with('2')) {
            return Err(Fault::Unreachable(format!("Tunnel connection failed: {first}")));
        }
    }
    encrypted(stream, url, request)
}

/// An error in Python's form.
fn told(error: &std::io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or("").to_owned();
            format!("[Errno {number}] {text}")
        }
        None => error.to_string(),
    }
}

fn dialled(host: &str, port: u16, patience: Duration) -> Result<TcpStream, Fault> {
    let unknown = || Fault::Unreachable("[Errno -2] Name or service not known".into());
    let addresses = (host, port).to_socket_addrs().map_err(|_| unknown())?;
    let started = Instant::now();
    let mut last = unknown();
    for address in addresses {
        let left = patience.saturating_sub(started.elapsed()).max(Duration::from_millis(1));
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                let _ = stream.set_read_timeout(Some(patience));
                let _ = stream.set_write_timeout(Some(patience));
                return Ok(stream);
            }
            Err(e) if e.kind() == std::io::ErrorKind::TimedOut => {
                last = Fault::Unreachable("timed out".into())
            }
            Err(e) => last = Fault::Unreachable(told(&e)),
        }
    }
    Err(last)
}

fn encrypted<S: Read + Write + std::fmt::Debug + 'static>(
    stream: S,
    url: &Url,
    request: &Request,
) -> Result<Box<dyn Stream>, Fault> {
    let unset = |e: openssl::error::ErrorStack| Fault::Unreachable(e.to_string());
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(unset)?;
    let bundle = BUNDLES.iter().find(|path| Path::new(path).exists());
    if let Some(bundle) = bundle {
        builder.set_ca_file(bundle).map_err(unset)?;
    }
    if let Some(own) = &request.authorities {
        builder.set_ca_file(own).map_err(|e| Fault::Unreachable(format!("{own}: {e}")))?;
    }
    if let Some(ciphers) = &request.ciphers {
        builder
            .set_cipher_list(ciphers)
            .map_err(|_| Fault::Unreachable("No cipher can be selected.".into()))?;
    }
    if !request.verify {
        builder.set_verify(SslVerifyMode::NONE);
    }
    let mut settings = builder.build().configure().map_err(unset)?;
    settings.set_verify_hostname(request.verify);
    match settings.connect(&url.host, stream) {
        Ok(stream) => Ok(Box::new(stream)),
        Err(HandshakeError::SetupFailure(e)) => Err(unset(e)),
        Err(HandshakeError::Failure(s) | HandshakeError::WouldBlock(s)) => {
            let verdict = s.ssl().verify_result();
            if request.verify && verdict != openssl::x509::X509VerifyResult::OK {
                let text = verdict.error_string();
                let mut chars = text.chars();
                let text: String =
                    chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default() + chars.as_str();
                return Err(Fault::Certificate(format!(
                    "certificate verify failed: {text}, certificate is not valid for '{}'",
                    url.host
                )));
            }
            Err(match s.error().io_error() {
                Some(e) => broken(std::io::Error::new(e.kind(), e.to_string())),
                None => Fault::Unreachable(format!("[SSL] {}", s.error())),
            })
        }
    }
}

fn read_answer(stream: &mut impl BufRead) -> Result<Answer, Fault> {
    let mut head = stream.take(MOST_HEAD);
    let mut line = || -> Result<String, Fault> {
        let mut bytes = Vec::new();
        head.read_until(b'\n', &mut bytes).map_err(broken)?;
        if !bytes.ends_with(b"\n") {
            return Err(Fault::Answer("Remote end closed connection without response".into()));
        }
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    };
    let (status, reason) = loop {
        let first = line()?;
        let mut words = first.splitn(3, ' ');
        let version = words.next().unwrap_or("");
        let status = words.next().and_then(|s| s.parse::<u16>().ok());
        let Some(status) = status.filter(|_| version.starts_with("HTTP/")) else {
            return Err(Fault::Answer(format!("bad status line: {first}")));
        };
        if status >= 200 {
            break (status, words.next().unwrap_or("").to_owned());
        }
        while !line()?.is_empty() {}
    };
    let mut headers = Vec::new();
    loop {
        let text = line()?;
        if text.is_empty() {
            break;
        }
        if let Some((name, value)) = text.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    let mut answer = Answer { status, reason, headers, body: Vec::new() };
    let chunked =
        answer.header("transfer-encoding").is_some_and(|v| v.to_ascii_lowercase().contains("chunked"));
    let length = answer.header("content-length").and_then(|v| v.parse::<u64>().ok());
    if matches!(status, 204 | 304) {
        return Ok(answer);
    }
    let too_much = || Fault::Answer(format!("the answer has more than {MOST} bytes"));
    if chunked {
        loop {
            let mut size = String::new();
            stream.by_ref().take(1024).read_line(&mut size).map_err(broken)?;
            let digits = size.trim().split(';').next().unwrap_or("");
            let size = u64::from_str_radix(digits, 16).map_err(|_| Fault::Answer("bad chunk".into()))?;
            if size == 0 {
                break;
            }
            if answer.body.len() as u64 + size > MOST {
                return Err(too_much());
            }
            let got = stream.by_ref().take(size).read_to_end(&mut answer.body).map_err(broken)?;
            if (got as u64) < size {
                return Err(Fault::Answer("the connection ended within the answer".into()));
            }
            stream.read_line(&mut String::new()).map_err(broken)?;
        }
        return Ok(answer);
    }
    let most = length.unwrap_or(MOST + 1);
    if length.is_some_and(|l| l > MOST) {
        return Err(too_much());
    }
    stream.take(most).read_to_end(&mut answer.body).map_err(broken)?;
    if answer.body.len() as u64 > MOST {
        return Err(too_much());
    }
    if length.is_some_and(|l| (answer.body.len() as u64) < l) {
        return Err(Fault::Answer(format!("IncompleteRead({} bytes read)", answer.body.len())));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// A server that gives each connection the next answer, and what it was asked.
    fn server(answers: Vec<&'static str>) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let serve = move || {
            let mut asked = Vec::new();
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
                asked.push(head);
                (&stream).write_all(answer.as_bytes()).unwrap();
            }
            asked
        };
        (address, std::thread::spawn(serve))
    }

    fn asking() -> Request {
        Request { follow: true, patience: Duration::from_secs(60), ..Request::default() }
    }

    fn fetch(url: &str, request: &Request) -> Result<String, String> {
        let body = get(url, request, &|_| None).map_err(|e| e.to_string())?;
        Ok(String::from_utf8(body).unwrap())
    }

    #[test]
    fn bodies_come_by_length_by_chunks_and_to_the_end() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcdeXX",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            "HTTP/1.0 200 OK\r\n\r\nabcde",
        ] {
            let (url, _) = server(vec![answer]);
            assert_eq!(fetch(&url, &asking()), Ok("abcde".into()), "{answer}");
        }
    }

    #[test]
    fn redirects_are_followed_and_logins_given_when_asked_for() {
        let (url, asked) = server(vec![
            "HTTP/1.1 302 Found\r\nLocation: /b?c\r\n\r\n",
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        ]);
        let request = Request { login: Some(("u".into(), "p".into())), ..asking() };
        assert_eq!(fetch(&format!("{url}/a"), &request), Ok("ok".into()));
        let asked = asked.join().unwrap();
        let first: Vec<&str> = asked.iter().map(|head| head.lines().next().unwrap()).collect();
        assert_eq!(first, ["GET /a HTTP/1.1", "GET /b?c HTTP/1.1", "GET /b?c HTTP/1.1"]);
        let with_login: Vec<bool> =
            asked.iter().map(|h| h.contains("Authorization: Basic dTpw\r\n")).collect();
        assert_eq!(with_login, [false, false, true]);
    }

    #[test]
    fn what_fails_says_why() {
        let (url, _) = server(vec!["HTTP/1.1 404 Not Found\r\n\r\n"]);
        assert_eq!(fetch(&url, &asking()), Err("HTTP Error 404: Not Found".into()));
        let (url, _) = server(vec!["HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"]);
        assert!(fetch(&url, &asking()).unwrap_err().contains("more than"));
        let (url, _) = server(vec!["nonsense\r\n\r\n"]);
        assert_eq!(fetch(&url, &asking()), Err("bad status line: nonsense".into()));
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let hasty = Request { patience: Duration::from_millis(200), ..asking() };
        assert_eq!(fetch(&url, &hasty), Err("timed out".into()));
        assert_eq!(fetch("foo", &asking()), Err("unknown url type: 'foo'".into()));
    }
}
