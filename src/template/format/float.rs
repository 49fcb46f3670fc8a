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
    if !f.is_finite() {
        return special(f);
    }
    let precision = precision.max(1);
    let digits = precision - 1;
    let text = format!("{f:.digits$e}");
    let power: i32 = text.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let trim = |number: &str| -> String {
        if keep_zeros || !number.contains('.') {
            return number.to_owned();
        }
        number.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    if power < -4 || power >= precision as i32 {
        let text = exponent(f, digits);
        let Some((mantissa, power)) = text.split_once('e') else { return text };
        return format!("{}e{power}", trim(mantissa));
    }
    let decimals = (precision as i32 - 1 - power).max(0) as usize;
    trim(&format!("{f:.decimals$}"))
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
