//! Exact decimal numbers with their unit: `34.25 ct/kWh`.

/// A unit that amounts are written in.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    /// Behind the number.
    pub(super) name: &'static str,
    /// Decimals of the smallest amount: that is 1.
    pub(super) decimals: u32,
}

impl Unit {
    /// Reads `34.25 ct/kWh` as a whole number of the smallest amounts. No sign, no exponent, no rounding.
    pub(super) fn read(self, text: &str) -> Option<u64> {
        let number = text.strip_suffix(self.name)?.trim_end_matches(' ');
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        let dot = number.len() > whole.len();
        if whole.is_empty() || (dot && part.is_empty()) || !plain(whole) || !plain(part) {
            return None;
        }
        let part = part.trim_end_matches('0');
        let missing = self.decimals.checked_sub(u32::try_from(part.len()).ok()?)?;
        let part = if part.is_empty() { 0 } else { part.parse::<u64>().ok()? };
        let scale = 10u64.checked_pow(self.decimals)?;
        whole.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(part * 10u64.checked_pow(missing)?)
    }

    /// The one way to write it.
    pub(super) fn write(self, amount: u64) -> String {
        let scale = 10u64.saturating_pow(self.decimals);
        let (whole, part) = (amount / scale, amount % scale);
        if part == 0 {
            return format!("{whole} {}", self.name);
        }
        let part = format!("{part:0width$}", width = self.decimals as usize);
        format!("{whole}.{} {}", part.trim_end_matches('0'), self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRICE: Unit = Unit { name: "ct/kWh", decimals: 4 };

    #[test]
    fn numbers_are_exact() {
        for (text, amount, written) in [
            ("34.25 ct/kWh", 342_500, "34.25 ct/kWh"),
            ("0 ct/kWh", 0, "0 ct/kWh"),
            ("007.00010ct/kWh", 70_001, "7.0001 ct/kWh"),
            ("1844674407370955.1615 ct/kWh", u64::MAX, "1844674407370955.1615 ct/kWh"),
        ] {
            assert_eq!(PRICE.read(text), Some(amount), "{text}");
            assert_eq!(PRICE.write(amount), written);
            assert_eq!(PRICE.read(written), Some(amount));
        }
    }

    #[test]
    fn what_is_no_exact_number_is_refused() {
        for text in [
            "",
            "ct/kWh",
            "34.25",
            "34,25 ct/kWh",
            "34. ct/kWh",
            ".5 ct/kWh",
            "-1 ct/kWh",
            "+1 ct/kWh",
            "1e3 ct/kWh",
            "1.00001 ct/kWh",
            "1 2 ct/kWh",
            "1844674407370955.1616 ct/kWh",
            "99999999999999999999 ct/kWh",
            "1 EUR/kWh",
        ] {
            assert_eq!(PRICE.read(text), None, "{text}");
        }
    }
}
