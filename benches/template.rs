//! How fast templates are rendered: `cargo bench --bench template`. The rates are compared with those of minijinja,
//! Rust's own Jinja, and, with `IMPEL_ORACLE` (the folder of ansible-core's python), with ansible-core's in the same run.

#![expect(clippy::unwrap_used, reason = "a measurement fails by panicking")]

use criterion::{Criterion, criterion_group, criterion_main};
use impel::diag::{Diagnostic, Span};
use impel::template::{self, Effect, Value, World};
use impel::yaml;
use std::collections::HashMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What starts with `when: ` is evaluated as a conditional.
const TEMPLATES: &[&str] = &[
    "{{ n }}",
    "{{ d.a.b }}",
    "{{ n + 1 }}",
    "{{ s | upper }}",
    "when: n > 3 and s == 'hello'",
    "a {{ s | upper }} b {{ n + 1 }}",
    "{{ l | map('string') | join(',') }}",
    "{% for x in l %}{{ x }},{% endfor %}",
];

/// Variables, and nothing remembered: each rendering is done anew.
struct Fixed(HashMap<String, Value>);

impl World for Fixed {
    fn variable(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn variable_names(&self) -> Vec<Arc<str>> {
        self.0.keys().map(|k| Arc::from(k.as_str())).collect()
    }

    fn find_file(&self, _subfolder: &str, _name: &Path) -> Option<PathBuf> {
        None
    }

    fn search_path(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn read_file(&self, _path: &Path) -> Result<(Vec<u8>, bool), Diagnostic> {
        Err(Diagnostic::user("there are no files"))
    }

    fn decrypt(&self, _vault: &Arc<str>) -> Result<Arc<str>, Diagnostic> {
        Err(Diagnostic::user("there is no password"))
    }

    fn effect(&self, _effect: Effect) -> Result<(), Diagnostic> {
        Ok(())
    }

    fn remembered(&self, _template: &Arc<str>) -> Option<Value> {
        None
    }

    fn remember(&self, _template: &Arc<str>, _value: &Value) {}

    fn config(&self, _name: &str) -> Option<Value> {
        None
    }

    fn warn(&self, _text: &str) {}
}

fn world() -> Fixed {
    let text = "n: 5\ns: hello\nd: {a: {b: 1}}\nl: [1, 2, 3]\n";
    let node = yaml::load(text, Span::new(Path::new("vars.yml"), 1, 1), yaml::Limits::default()).unwrap();
    let pairs = node.as_map().unwrap().pairs.iter();
    Fixed(pairs.map(|(k, v)| (k.as_str().unwrap().to_owned(), Value::from_node(v))).collect())
}

/// A template of the list, made ready to be rendered again and again.
fn work<'w>(source: &str, world: &'w Fixed) -> Box<dyn Fn() + 'w> {
    match source.strip_prefix("when: ") {
        Some(condition) => {
            let condition = Value::trusted(condition, None);
            Box::new(move || {
                black_box(template::conditional(black_box(&condition), world).unwrap());
            })
        }
        None => {
            let value = Value::trusted(source, None);
            Box::new(move || {
                black_box(template::render(black_box(&value), world).unwrap());
            })
        }
    }
}

fn rendering(criterion: &mut Criterion) {
    let world = world();
    for source in TEMPLATES {
        let work = work(source, &world);
        criterion.bench_function(&format!("render {source}"), |bencher| bencher.iter(&work));
    }
}

/// The same by minijinja's VM, the template compiled before. It has no variables that are templates, no types of
/// Python's, no places: what faithfulness costs shows here.
fn work_of_minijinja<'e>(source: &'e str, jinja: &'e minijinja::Environment<'e>) -> Box<dyn Fn() + 'e> {
    let variables = minijinja::context! {
        n => 5, s => "hello", d => minijinja::context! { a => minijinja::context! { b => 1 } }, l => [1, 2, 3],
    };
    match source.strip_prefix("when: ") {
        Some(condition) => {
            let condition = jinja.compile_expression(condition).unwrap();
            Box::new(move || {
                black_box(condition.eval(black_box(&variables)).unwrap());
            })
        }
        None => {
            let template = jinja.template_from_str(source).unwrap();
            Box::new(move || {
                black_box(template.render(black_box(&variables)).unwrap());
            })
        }
    }
}

/// How often a second something can be done.
fn rate(work: &dyn Fn()) -> f64 {
    let (start, mut rounds) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_secs(1) {
        // reading the clock costs a good part of a rendering
        for _ in 0..100 {
            work();
        }
        rounds += 100;
    }
    f64::from(rounds) / start.elapsed().as_secs_f64()
}

/// Renderings a second, ours over minijinja's.
fn ratios_to_minijinja(_criterion: &mut Criterion) {
    let (world, jinja) = (world(), minijinja::Environment::new());
    for source in TEMPLATES {
        let (ours, theirs) = (rate(&work(source, &world)), rate(&work_of_minijinja(source, &jinja)));
        println!("{source:40} {ours:>10.0}/s, minijinja {theirs:>10.0}/s: {:>6.2} times", ours / theirs);
    }
}

/// Renderings a second, ours over ansible-core's.
fn ratios(_criterion: &mut Criterion) {
    let Some(oracle) = std::env::var_os("IMPEL_ORACLE") else {
        eprintln!("left out: IMPEL_ORACLE does not name the folder of ansible-core's python");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/templates/rates.py");
    let output =
        Command::new(Path::new(&oracle).join("python")).arg(script).args(TEMPLATES).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: HashMap<String, f64> = serde_json::from_slice(&output.stdout).unwrap();
    let world = world();
    for source in TEMPLATES {
        let ours = rate(&work(source, &world));
        let theirs = theirs.get(*source).copied().unwrap_or(f64::NAN);
        println!("{source:40} {ours:>10.0}/s, ansible-core {theirs:>6.0}/s: {:>6.0} times", ours / theirs);
    }
}

criterion_group!(benches, rendering, ratios_to_minijinja, ratios);
criterion_main!(benches);
