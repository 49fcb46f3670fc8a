//! Arguments as ansible-core 2.19 reads them; every message here was observed there.

use super::*;
use crate::{Args, Choice, Data, Map};

#[derive(Choice, Clone, Copy, Debug, PartialEq)]
enum Word {
    Yes,
    No,
    Maybe,
}

#[expect(dead_code, reason = "only its parsing is of interest")]
#[derive(Args, Debug)]
struct Inner {
    a: i64,
    #[arg(choices("m", "n"))]
    b: Option<String>,
}

#[expect(
    dead_code,
    clippy::vec_box,
    reason = "only its parsing is of interest; a box marks arguments inside"
)]
#[derive(Args, Debug)]
#[args(mutually_exclusive("x1", "x2"), required_together("t1", "t2"), required_one_of("s", "o1", "o2"))]
#[args(required_if("st", "z", all("w", "w2")), required_by("sec", needs("w")))]
struct Probe {
    s: Option<String>,
    l: Option<Vec<String>>,
    li: Option<Vec<i64>>,
    d: Option<Map>,
    b: Option<bool>,
    i: Option<i64>,
    f: Option<f64>,
    j: Option<Json>,
    #[arg(kind = "bytes")]
    by: Option<i64>,
    #[arg(kind = "bits")]
    bi: Option<i64>,
    c: Option<Word>,
    #[arg(choices("1", "2"))]
    ci: Option<i64>,
    #[arg(choices("a", "b"))]
    lc: Option<Vec<String>>,
    x1: Option<String>,
    #[arg(alias("xx", "xy"))]
    x2: Option<String>,
    t1: Option<String>,
    t2: Option<String>,
    o1: Option<String>,
    o2: Option<String>,
    #[arg(default = "q", choices("q", "z"))]
    st: String,
    w: Option<String>,
    w2: Option<String>,
    sub: Option<Box<Inner>>,
    subl: Option<Vec<Box<Inner>>>,
    sec: Option<Secret>,
}

type Json = String;

fn read(json: &str) -> Result<Probe, String> {
    let Data::Map(mut map) = Data::from_json(&serde_json::from_str(json).unwrap()) else { panic!("a map") };
    if !map.contains_key("s") && !map.is_empty() {
        map.insert("s".into(), "x".into());
    }
    parse("probe", map).map_err(|fault| fault.message)
}

#[test]
fn what_cannot_be_is_told_in_ansibles_words() {
    for (args, message) in [
        (
            r#"{"l": {}}"#,
            "argument 'l' is of type dict and we were unable to convert to list: <class 'dict'> cannot be converted to a list",
        ),
        (
            r#"{"li": "1,b"}"#,
            "Elements value for option 'li' is of type str and we were unable to convert to int: \"'b'\" cannot be converted to an int",
        ),
        (
            r#"{"d": "{a:1}"}"#,
            "argument 'd' is of type str and we were unable to convert to dict: unable to evaluate string as dictionary",
        ),
        (
            r#"{"d": "zz"}"#,
            "argument 'd' is of type str and we were unable to convert to dict: dictionary requested, could not parse JSON or key=value",
        ),
        (
            r#"{"d": [1]}"#,
            "argument 'd' is of type list and we were unable to convert to dict: <class 'list'> cannot be converted to a dict",
        ),
        (
            r#"{"b": []}"#,
            "argument 'b' is of type list and we were unable to convert to bool: <class 'list'> cannot be converted to a bool",
        ),
        (
            r#"{"i": "1.5"}"#,
            "argument 'i' is of type str and we were unable to convert to int: \"'1.5'\" cannot be converted to an int",
        ),
        (
            r#"{"i": 1.5}"#,
            "argument 'i' is of type float and we were unable to convert to int: \"1.5\" cannot be converted to an int",
        ),
        (
            r#"{"i": []}"#,
            "argument 'i' is of type list and we were unable to convert to int: \"[]\" cannot be converted to an int",
        ),
        (
            r#"{"f": "abc"}"#,
            "argument 'f' is of type str and we were unable to convert to float: <class 'str'> cannot be converted to a float",
        ),
        (
            r#"{"by": "1Kb"}"#,
            "argument 'by' is of type str and we were unable to convert to bytes: <class 'str'> cannot be converted to a Byte value",
        ),
        (
            r#"{"bi": "1MB"}"#,
            "argument 'bi' is of type str and we were unable to convert to bits: <class 'str'> cannot be converted to a Bit value",
        ),
        (r#"{"ci": "3"}"#, "value of ci must be one of: 1, 2, got: 3"),
        (r#"{"lc": "a,c,d"}"#, "value of lc must be one or more of: a, b. Got no match for: c, d"),
        (r#"{"x1": "1", "xx": "2"}"#, "parameters are mutually exclusive: x1|x2"),
        (r#"{"t1": "1"}"#, "parameters are required together: t1, t2"),
        (r#"{}"#, "one of the following is required: s, o1, o2"),
        (r#"{"st": "z"}"#, "st is z but all of the following are missing: w, w2"),
        (r#"{"st": "z", "w": "1"}"#, "st is z but all of the following are missing: w2"),
        (
            r#"{"bad": 1, "worse": 2}"#,
            "Unsupported parameters for (probe) module: bad, worse. Supported parameters include: b, bi, by, c, ci, d, f, i, j, l, lc, li, o1, o2, s, sec, st, sub, subl, t1, t2, w, w2, x1, x2 (xx, xy).",
        ),
        (r#"{"sub": {"b": "m"}}"#, "missing required arguments: a found in sub"),
        (
            r#"{"sub": {"a": "q"}}"#,
            "argument 'a' is of type str found in 'sub'. and we were unable to convert to int: \"'q'\" cannot be converted to an int",
        ),
        (
            r#"{"sub": {"a": 1, "zz": 2}}"#,
            "Unsupported parameters for (probe) module: sub.zz. Supported parameters include: a, b.",
        ),
        (r#"{"sub": {"a": 1, "b": "q"}}"#, "value of b must be one of: m, n, got: q found in sub"),
        (r#"{"subl": [{"a": "1"}, {"b": "m"}]}"#, "missing required arguments: a found in subl"),
        (r#"{"sec": "1"}"#, "missing parameter(s) required by 'sec': w"),
        (
            r#"{"i": ""}"#,
            "argument 'i' is of type str and we were unable to convert to int: \"''\" cannot be converted to an int",
        ),
        (
            r#"{"bad": 1, "i": "q"}"#,
            "argument 'i' is of type str and we were unable to convert to int: \"'q'\" cannot be converted to an int",
        ),
    ] {
        assert_eq!(read(args).map(|_| ()).unwrap_err(), message, "{args}");
    }
}

#[test]
fn what_can_be_converted_is() {
    let p = read(
        r#"{"s": [1, "a"], "l": "a, b,c", "d": "a=1 b='x y',c=3", "b": "Yes ", "i": "1.0", "f": "1e3",
            "by": "1.5MB", "bi": "1Mb", "c": true, "xx": "2", "xy": "3", "subl": ["a=1"]}"#,
    )
    .unwrap();
    assert_eq!(p.s.unwrap(), "[1, 'a']");
    assert_eq!(p.l.unwrap(), ["a", " b", "c"]);
    assert_eq!(p.d.unwrap().get("b"), Some(&Data::str("x y")));
    assert_eq!((p.b, p.i, p.f), (Some(true), Some(1), Some(1000.0)));
    assert_eq!((p.by, p.bi), (Some(1_572_864), Some(1_048_576)));
    assert_eq!(p.c, Some(Word::Yes));
    assert_eq!(p.x2.unwrap(), "3");
    assert_eq!(p.subl.unwrap().first().map(|i| i.a), Some(1));
    assert!(read(r#"{"s": "x", "i": null, "l": null}"#).is_ok());
    assert_eq!(read(r#"{"s": 1.50}"#).unwrap().s.unwrap(), "1.5");
    assert_eq!(read(r#"{"d": "{'a':1}"}"#).unwrap().d.unwrap().get("a"), Some(&Data::Int(1)));
}
