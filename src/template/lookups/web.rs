//! `url`: what a URL yields, as lines or whole.

use super::{Lookup, options};
use crate::template::args::Args;
use crate::template::value::{Error, Result, Value};
use crate::template::web::{self, Fault, Request};
use crate::template::{Effect, Eval};
use std::time::Duration;

/// This family's table.
pub(super) const LOOKUPS: &[Lookup] = &[Lookup::new("url", &[], url).open()];

/// An option as it is given by name, by a variable, by the environment or by the configuration.
fn option(eval: &mut Eval<'_>, args: &Args, name: &str, settable: bool) -> Option<Value> {
    if let Some(value) = args.keyword(name) {
        return Some(value.clone()).filter(|v| !v.is_none());
    }
    if !settable {
        return None;
    }
    let variable = match name {
        "http_agent" => "ansible_lookup_url_agent".to_owned(),
        "unredirected_headers" => "ansible_lookup_url_unredir_headers".to_owned(),
        name => format!("ansible_lookup_url_{name}"),
    };
    if let Some(value) = eval.world().variable(&variable) {
        return Some(eval.read(value)).filter(|v| !v.is_none());
    }
    let from_environment = eval.world().environment(&variable.to_uppercase()).map(Value::from);
    from_environment.or_else(|| eval.world().config(&format!("url.{name}")).filter(|v| !v.is_none()))
}

fn url(eval: &mut Eval<'_>, terms: Vec<Value>, args: &Args) -> Result<Vec<Value>> {
    let mut text = |name: &str| option(eval, args, name, true).map(|v| v.to_text()).transpose();
    let agent = text("http_agent")?.unwrap_or_else(|| "ansible-httpget".into());
    let (authorities, unix_socket, follow) =
        (text("ca_path")?, text("unix_socket")?, text("follow_redirects")?);
    let mut headers = Vec::new();
    if let Some(given) = args.keyword("headers").filter(|v| !v.is_none()) {
        let dict = given.as_dict().ok_or_else(|| {
            let shown = given.repr().unwrap_or_default();
            Error::new(format!(
                "Config 'headers' for 'url' lookup plugin from 'Direct' has an invalid value: Invalid value provided \
                 for 'dictionary': {shown}"
            ))
        })?;
        for (name, value) in dict.pairs().iter() {
            headers.push((name.value().to_text()?, value.to_text()?));
        }
    }
    headers.insert(0, ("User-Agent".into(), agent));
    if options::flag(option(eval, args, "force", true).as_ref(), false)? {
        headers.push(("cache-control".into(), "no-cache".into()));
    }
    if options::flag(option(eval, args, "use_gssapi", true).as_ref(), false)? {
        return Err(Error::new("the url lookup has no GSSAPI")
            .hint("username and password are sent as basic authentication"));
    }
    let username = args.keyword("username").filter(|v| !v.is_none()).map(Value::to_text).transpose()?;
    let password = args.keyword("password").filter(|v| !v.is_none()).map(Value::to_text).transpose()?;
    let patience = match option(eval, args, "timeout", true) {
        None => 10.0,
        Some(value) => options::float("url", "timeout", &value)?,
    };
    let list =
        |name: &str, value: Option<Value>| value.map(|v| options::strings("url", name, &v)).transpose();
    let ciphers = list("ciphers", option(eval, args, "ciphers", true))?;
    let unredirected = list("unredirected_headers", option(eval, args, "unredirected_headers", true))?;
    let uses_netrc = options::flag(option(eval, args, "use_netrc", true).as_ref(), true)?;
    let request = Request {
        headers,
        unredirected: unredirected.unwrap_or_default(),
        login: username.map(|name| (name, password.unwrap_or_default())),
        login_first: options::flag(option(eval, args, "force_basic_auth", true).as_ref(), false)?,
        follow: !matches!(follow.as_deref(), Some("no" | "none" | "No" | "False" | "false")),
        proxies: options::flag(option(eval, args, "use_proxy", false).as_ref(), true)?,
        verify: options::flag(option(eval, args, "validate_certs", false).as_ref(), true)?,
        authorities,
        ciphers: ciphers.map(|c| c.join(":")),
        unix_socket,
        patience: Duration::from_secs_f64(patience.clamp(0.001, 86_400.0)),
    };
    let splits = options::flag(option(eval, args, "split_lines", false).as_ref(), true)?;
    eval.world().effect(Effect::Acts)?;
    let mut out = Vec::new();
    for term in &terms {
        let Some(address) = term.as_str() else {
            return Err(Error::new(format!("'{}' object has no attribute 'decode'", term.type_name())));
        };
        let mut request = request.clone();
        if request.login.is_none() && uses_netrc {
            request.login = netrc_login(eval, address);
            request.login_first |= request.login.is_some();
        }
        let environment = |name: &str| eval.world().environment(name);
        let body = web::get(address, &request, &environment).map_err(|fault| told(address, &fault))?;
        let text = String::from_utf8_lossy(&body);
        if splits {
            out.extend(text.lines().map(|line| Value::text(line, term.is_secret())));
        } else {
            out.push(Value::text(text.as_ref(), term.is_secret()));
        }
    }
    Ok(out)
}

fn told(address: &str, fault: &Fault) -> Error {
    Error::new(match fault {
        Fault::Status(..) => format!("Received HTTP error for {address}: {fault}"),
        Fault::Certificate(_) => format!("Error validating the server's certificate for {address}: {fault}"),
        Fault::Unreachable(_) => format!("Failed lookup url for {address}: {fault}"),
        Fault::NoUrl(_) | Fault::TimedOut => fault.to_string(),
        Fault::Answer(_) => format!("Error connecting to {address}: {fault}"),
    })
}

/// Name and password for a URL's host out of the user's `.netrc`.
fn netrc_login(eval: &Eval<'_>, address: &str) -> Option<(String, String)> {
    let world = eval.world();
    let path =
        world.environment("NETRC").or_else(|| Some(format!("{}/.netrc", world.environment("HOME")?)))?;
    let text = std::fs::read_to_string(path).ok()?;
    let host = address.split_once("://")?.1.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let host = host.split(':').next()?;
    let mut words = text.lines().filter(|l| !l.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    let (mut here, mut name, mut password) = (false, None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" => {
                if here {
                    break;
                }
                here = word == "default" || words.next() == Some(host);
            }
            "login" => name = words.next().filter(|_| here).or(name),
            "password" => password = words.next().filter(|_| here).or(password),
            _ => {}
        }
    }
    Some((name?.to_owned(), password?.to_owned())).filter(|_| here)
}
