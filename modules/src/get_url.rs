//! `get_url`: a file from the network, fetched by the host itself.

#[cfg(test)]
mod tests;

use crate::args::{PathArg, Secret};
use crate::attributes::{FileAttributes, path_info};
use crate::host::{Algorithm, Checksum, Host, Perform, Script, Stat, WRITE, refused};
use crate::registry::Module;
use crate::{Args, Data, Fault, Map, Outcome};
use std::time::Instant;

static FETCH: Script = Script { name: "get_url", text: include_str!("get_url/fetch.sh"), needs: &[&WRITE] };

/// Download files over HTTP, HTTPS or FTP to the host, by its curl (or its wget, where nothing but a URL is given).
#[derive(Args)]
#[args(required_together("client_key", "client_cert"))]
pub struct GetUrl {
    /// Where from.
    url: String,
    /// Where to: a file, or a folder.
    dest: PathArg,
    /// The folder for the download; without it, beside `dest`.
    tmp_dest: Option<PathArg>,
    /// Download even where `dest` is there.
    #[arg(default = false)]
    force: bool,
    /// What the file must sum up to: `sha256:…`.
    #[arg(default = "")]
    checksum: String,
    /// Keep a copy of the file as it was.
    #[arg(default = false)]
    backup: bool,
    /// Seconds that the server may stay silent.
    #[arg(default = 10)]
    timeout: i64,
    /// Headers to send.
    headers: Option<Map>,
    /// User for authentication.
    #[arg(alias("username"))]
    url_username: Option<String>,
    /// Password for authentication.
    #[arg(alias("password"))]
    url_password: Option<Secret>,
    /// curl sends basic authentication at once in any case.
    #[arg(default = false)]
    #[expect(dead_code, reason = "always so")]
    force_basic_auth: bool,
    /// A client certificate.
    client_cert: Option<PathArg>,
    /// Its key.
    client_key: Option<PathArg>,
    /// What the request calls its sender.
    #[arg(default = "ansible-httpget")]
    http_agent: String,
    /// Check certificates.
    #[arg(default = true)]
    validate_certs: bool,
    /// Use the proxy of the environment.
    #[arg(default = true)]
    use_proxy: bool,
    /// Authenticate by Kerberos.
    #[arg(default = false)]
    use_gssapi: bool,
    /// Use `~/.netrc`.
    #[arg(default = true)]
    use_netrc: bool,
    /// Unpack contents that the server has packed.
    #[arg(default = true)]
    decompress: bool,
    /// Ciphers.
    ciphers: Option<Vec<String>>,
    /// Headers that a redirect drops: curl cannot choose them.
    #[arg(default = Vec::<Data>::new())]
    unredirected_headers: Vec<String>,
    #[arg(flatten)]
    attributes: FileAttributes,
}

/// What a server answered.
struct Answer {
    code: i64,
    reason: String,
    length: Option<String>,
}

impl Module for GetUrl {
    async fn run(self, host: &Host) -> Result<Outcome, Fault> {
        if !self.unredirected_headers.is_empty() {
            return Err(Fault::at(
                "unredirected_headers",
                "headers cannot be kept from redirects: curl has no such option",
            ));
        }
        let start = Instant::now();
        let wanted = self.wanted_sum()?;
        let mut dest = host.path(&self.dest).await?;
        let mut now = host.ask(Stat::behind(&dest)).await?;
        if now.as_ref().is_some_and(|s| s.is_folder()) {
            let name = file_name(&self.url)
                .ok_or_else(|| Fault::at("url", "the URL names no file: give one in dest"))?;
            dest = [dest.strip_suffix(b"/").unwrap_or(&dest), b"/", name.as_bytes()].concat();
            now = host.ask(Stat::behind(&dest)).await?;
        }
        let shown = String::from_utf8_lossy(&dest).into_owned();
        let base = Outcome::new().with("url", self.url.as_str()).with("dest", shown.as_str());
        let elapsed = || i64::try_from(start.elapsed().as_secs()).unwrap_or(0);
        if let (Some(status), Some((algorithm, sum))) = (&now, &wanted) {
            let own = host.ask(Checksum::sized(&dest, *algorithm, status.size)).await?;
            if own.as_deref() == Some(sum) && !self.force {
                let outcome = base.with("msg", "file already exists").with("elapsed", elapsed());
                return self.finish(host, &dest, outcome).await;
            }
        }
        if host.check_mode() {
            if now.is_none() || self.force || wanted.is_some() {
                host.foretell([]);
            }
            return Ok(base.with("elapsed", elapsed()));
        }
        let folder = match &self.tmp_dest {
            Some(folder) => host.path(folder).await?,
            None => {
                dest.iter().rposition(|b| *b == b'/').map_or(b".".to_vec(), |at| dest[..at.max(1)].to_vec())
            }
        };
        if !host.ask(Stat::behind(&folder)).await?.is_some_and(|s| s.is_folder()) {
            let folder = String::from_utf8_lossy(&folder).into_owned();
            return Err(Fault::at("dest", format!("Destination {folder} does not exist"))
                .with("url", self.url.as_str()));
        }
        let temporary = [
            &folder[..],
            format!("/.impel-get-{:x}", start.elapsed().as_nanos() ^ u128::from(std::process::id()))
                .as_bytes(),
        ]
        .concat();
        let known = now.is_some() && !self.force && wanted.is_none();
        let answer = self.fetch(host, &temporary, if known { &dest } else { b"" }, elapsed).await?;
        let base = base.with("elapsed", elapsed()).with("status_code", answer.code);
        if answer.code == 304 {
            self.forget(host, &temporary).await?;
            let outcome = base.with("msg", "HTTP Error 304: Not Modified");
            return self.finish(host, &dest, outcome).await;
        }
        let sums = host
            .ask_all([
                Checksum::light(&temporary, Algorithm::Sha1),
                Checksum::light(&temporary, Algorithm::Md5),
            ])
            .await?;
        if host.ask(Stat::of(&temporary)).await?.is_none() {
            // curl writes nothing where the body is empty or the file is not newer.
            let outcome = base.with("msg", "HTTP Error 304: Not Modified");
            return self.finish(host, &dest, outcome).await;
        }
        if let Some((algorithm, sum)) = &wanted {
            let got = host.ask(Checksum::sized(&temporary, *algorithm, u64::MAX)).await?.unwrap_or_default();
            if got != *sum {
                self.forget(host, &temporary).await?;
                return Err(Fault::at(
                    "checksum",
                    format!("The checksum for {shown} did not match {sum}; it was {got}."),
                )
                .with("url", self.url.as_str())
                .with("dest", shown));
            }
        }
        let new = host.ask(Checksum::sized(&temporary, Algorithm::Sha1, u64::MAX)).await?;
        let old = match &now {
            Some(status) => host.ask(Checksum::sized(&dest, Algorithm::Sha1, status.size)).await?,
            None => None,
        };
        let size = answer.length.clone().unwrap_or_else(|| "unknown".to_owned());
        let mut outcome = base
            .with("src", String::from_utf8_lossy(&temporary).into_owned())
            .with("checksum_src", new.clone())
            .with("checksum_dest", old.clone())
            .with("md5sum", sums.into_iter().nth(1).flatten())
            .with("msg", format!("{} ({size} bytes)", answer.reason));
        if new == old {
            self.forget(host, &temporary).await?;
            return self.finish(host, &dest, outcome).await;
        }
        let place = Perform::script(format!("could not put {shown} there"), "act_place", &FETCH)
            .arg(temporary)
            .arg(dest.clone())
            .arg("")
            .arg("")
            .arg(if self.backup && now.is_some() { "y" } else { "" })
            .arg(if self.attributes.unsafe_writes { "y" } else { "" })
            .arg("");
        let reply = host.change([], place).await?.acted().unwrap_or_default();
        let said = String::from_utf8_lossy(&reply.out).into_owned();
        if let Some(backup) = said.lines().find_map(|l| l.strip_prefix("backup ")) {
            outcome = outcome.with("backup_file", backup);
        }
        self.finish(host, &dest, outcome).await
    }
}

impl GetUrl {
    fn wanted_sum(&self) -> Result<Option<(Algorithm, String)>, Fault> {
        if self.checksum.is_empty() {
            return Ok(None);
        }
        let bad =
            || Fault::at("checksum", "The checksum parameter has to be in format <algorithm>:<checksum>");
        let (name, sum) = self.checksum.split_once(':').ok_or_else(bad)?;
        if sum.contains("://") {
            return Err(Fault::at("checksum", "a checksum from a URL is not there yet: give the sum itself"));
        }
        let known = [
            Algorithm::Md5,
            Algorithm::Sha1,
            Algorithm::Sha224,
            Algorithm::Sha256,
            Algorithm::Sha384,
            Algorithm::Sha512,
        ];
        let algorithm = known.into_iter().find(|a| a.name() == name.trim().to_lowercase()).ok_or_else(bad)?;
        let sum = sum.trim().to_lowercase();
        if sum.is_empty() || !sum.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(Fault::at("checksum", "The checksum format is invalid"));
        }
        Ok(Some((algorithm, sum)))
    }

    /// curl's configuration: it goes over stdin, since it may hold secrets. And whether wget could do it too.
    fn configuration(&self) -> (String, bool) {
        let mut lines = Vec::new();
        let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace(['\n', '\r'], " ");
        let mut put = |name: &str, value: &str| lines.push(format!("{name} = \"{}\"", quote(value)));
        put("url", &self.url);
        put("user-agent", &self.http_agent);
        put("connect-timeout", &self.timeout.to_string());
        put("speed-time", &self.timeout.to_string());
        put("speed-limit", "1");
        let mut plain = !self.url.contains('@');
        for (name, value) in self.headers.iter().flatten() {
            put("header", &format!("{name}: {}", crate::args::python_str(value)));
            plain = false;
        }
        if let Some(user) = &self.url_username {
            put("user", &format!("{user}:{}", self.url_password.as_ref().map_or("", |p| p.reveal())));
            plain = false;
        }
        if let Some(cert) = &self.client_cert {
            put("cert", cert.written());
            plain = false;
        }
        if let Some(key) = &self.client_key {
            put("key", key.written());
        }
        if let Some(ciphers) = &self.ciphers {
            put("ciphers", &ciphers.join(":"));
            plain = false;
        }
        if !self.use_proxy {
            put("noproxy", "*");
            plain = false;
        }
        if self.use_gssapi {
            put("user", ":");
        }
        for (flag, on) in [
            ("insecure", !self.validate_certs),
            ("negotiate", self.use_gssapi),
            ("netrc-optional", self.use_netrc),
            ("compressed", self.decompress),
        ] {
            if on {
                lines.push(flag.to_owned());
                plain &= matches!(flag, "netrc-optional" | "compressed");
            }
        }
        (lines.join("\n") + "\n", plain)
    }

    async fn fetch(
        &self,
        host: &Host,
        temporary: &[u8],
        known: &[u8],
        elapsed: impl Fn() -> i64,
    ) -> Result<Answer, Fault> {
        let (configuration, plain) = self.configuration();
        let act = Perform::script("Request failed", "get_fetch", &FETCH)
            .arg(temporary)
            .arg(known)
            .arg(if plain { self.url.as_str() } else { "" })
            .stdin(configuration.as_bytes())
            .secret()
            .any_status();
        // Only the move into place is a change.
        let reply = host.change_if([], act, |_| false).await?.acted().unwrap_or_default();
        let text = String::from_utf8_lossy(&reply.out).into_owned();
        let code =
            text.lines().rev().find_map(|l| l.strip_prefix("STATUS ")).and_then(|n| n.trim().parse().ok());
        let line = text.lines().rfind(|l| l.starts_with("HTTP/")).unwrap_or("");
        let reason = line.trim().splitn(3, ' ').nth(2).unwrap_or("OK").to_owned();
        let length = text.lines().rev().find_map(|l| {
            let (name, value) = l.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().to_owned())
        });
        let code: i64 = code.unwrap_or(0);
        if reply.rc == 0 && code < 400 {
            return Ok(Answer { code: if code == 0 { 200 } else { code }, reason, length });
        }
        self.forget(host, temporary).await?;
        let fault = if reply.rc == 0 {
            Fault::at("url", "Request failed")
                .with("response", format!("HTTP Error {code}: {reason}"))
                .with("status_code", code)
        } else {
            refused("Request failed", &reply).with("status_code", -1_i64)
        };
        let dest = host.path(&self.dest).await?;
        Err(fault
            .with("url", self.url.as_str())
            .with("dest", String::from_utf8_lossy(&dest).into_owned())
            .with("elapsed", elapsed()))
    }

    async fn forget(&self, host: &Host, temporary: &[u8]) -> Result<(), Fault> {
        host.discard(&[temporary.to_vec()]).await
    }

    /// Sees to the attributes, and tells of the file.
    async fn finish(&self, host: &Host, dest: &[u8], mut outcome: Outcome) -> Result<Outcome, Fault> {
        let wanted = self.attributes.resolve(host).await?;
        let mut status = host.ask(Stat::behind(dest)).await?;
        if let Some(now) = &status
            && let Some(difference) = wanted.difference(host, now).await?
        {
            host.change([crate::Diff::fields(difference.before, difference.after)], difference.act).await?;
            status = host.ask(Stat::behind(dest)).await?;
        }
        outcome = outcome.with_all(path_info(status.as_ref()));
        Ok(outcome)
    }
}

/// The last part of a URL's path.
fn file_name(url: &str) -> Option<String> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.split(['?', '#']).next()?.split_once('/')?.1;
    let name = path.rsplit('/').next().unwrap_or("");
    Some(if name.is_empty() || name == "." || name == ".." {
        "index.html".to_owned()
    } else {
        name.to_owned()
    })
}
