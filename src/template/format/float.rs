//! Floats in C's `e`, `f` and `g` forms.

/// `%e`: always at least two digits of exponent.
pub fn exponent(f: f64, precision: usize) -> String {
    if !f.is_finite() {
        return special(f);
    }
    let text = format!("{f:.precision$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let number: i32 = exponent.parse().unwrap_or(0);
    let sign = if number < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", number.abs())
}

/// `%f`.
pub fn fixed(f: f64, precision: usize) -> String {
    if f.is_finite() { format!("{f:.precision$}") } else { special(f) }
}

/// `%g`: the shorter of both, without trailing zeros unless `keep_zeros`.
pub fn general(f: f64, precision: usize, keep_zeros: bool) -> String {
    shortest(f, precision, keep_zeros, false)
}

/// As [`general`]; with `digit_after_point`, what has no exponent keeps a digit after its point.
pub fn shortest(f: f64, precision: usize, keep_zeros: bool, digit_after_point: bool) -> String {
    if !f.is_finite() {
        return special(f);
    }
    let precision = precision.max(1);
    let digits = precision - 1;
    let text = format!("{f:.digits$e}");
    let power: i32 = text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let trim = |number: &str| -> String {
        if keep_zeros {
            return if number.contains('.') { number.to_owned() } else { format!("{number}.") };
        }
        match number.contains('.') {
            true => number.trim_end_matches('0').trim_end_matches('.').to_owned(),
            false => number.to_owned(),
        }
    };
    if power < -4 || power >= precision as i32 - i32::from(digit_after_point) {
        let text = exponent(f, digits);
        let Some((mantissa, power)) = text.split_once('e') else { return text };
        return format!("{}e{power}", trim(mantissa));
    }
    let decimals = (precision as i32 - 1 - power).max(0) as usize;
    let text = trim(&format!("{f:.decimals$}"));
    match digit_after_point {
        true if text.ends_with('.') => text + "0",
        true if !text.contains('.') => text + ".0",
        _ => text,
    }
}

fn special(f: f64) -> String {
    if f.is_nan() {
        "nan".into()
    } else if f > 0.0 {
        "inf".into()
    } else {
        "-inf".into()
    }
}
