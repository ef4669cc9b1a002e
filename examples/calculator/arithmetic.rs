//! Exact fractions of 128-bit integers. What doesn't fit is an error, never a wrong number.

use std::fmt;

const DECIMALS_MAX: usize = 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    numerator: i128,
    denominator: i128, // Above 0, and without a common divisor with the numerator.
}

pub type Checked = Result<Fraction, &'static str>;

const TOO_LARGE: &str = "the numbers get too large to be exact";

fn greatest_common_divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

impl Fraction {
    pub fn new(numerator: i128, denominator: i128) -> Checked {
        if denominator == 0 {
            return Err("a division by zero");
        }
        let common =
            greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let common = i128::try_from(common).map_err(|_| TOO_LARGE)?;
        let sign = denominator.signum();
        let part = |value: i128| (value / common).checked_mul(sign).ok_or(TOO_LARGE);
        Ok(Fraction { numerator: part(numerator)?, denominator: part(denominator)? })
    }

    pub fn add(self, other: Fraction) -> Checked {
        // By the least common denominator, so that as little as possible overflows.
        let common = greatest_common_divisor(
            self.denominator.unsigned_abs(),
            other.denominator.unsigned_abs(),
        ) as i128;
        let (scale, other_scale) = (other.denominator / common, self.denominator / common);
        let left = self.numerator.checked_mul(scale).ok_or(TOO_LARGE)?;
        let right = other.numerator.checked_mul(other_scale).ok_or(TOO_LARGE)?;
        let denominator = self.denominator.checked_mul(scale).ok_or(TOO_LARGE)?;
        Fraction::new(left.checked_add(right).ok_or(TOO_LARGE)?, denominator)
    }

    pub fn negate(self) -> Checked {
        let numerator = self.numerator.checked_neg().ok_or(TOO_LARGE)?;
        Ok(Fraction { numerator, ..self })
    }

    pub fn multiply(self, other: Fraction) -> Checked {
        // Across first: the products of what is left are already in lowest terms.
        let a = Fraction::new(self.numerator, other.denominator)?;
        let b = Fraction::new(other.numerator, self.denominator)?;
        Fraction::new(
            a.numerator.checked_mul(b.numerator).ok_or(TOO_LARGE)?,
            a.denominator.checked_mul(b.denominator).ok_or(TOO_LARGE)?,
        )
    }

    pub fn divide(self, other: Fraction) -> Checked {
        self.multiply(Fraction::new(other.denominator, other.numerator)?)
    }

    /// What is left of `self` after `other` is taken off it a whole number of times; of self's sign.
    pub fn remainder(self, other: Fraction) -> Checked {
        let quotient = self.divide(other)?;
        let whole = Fraction::new(quotient.numerator / quotient.denominator, 1)?;
        self.add(other.multiply(whole)?.negate()?)
    }

    pub fn power(self, exponent: Fraction) -> Checked {
        if exponent.denominator != 1 {
            return Err("only whole exponents work");
        }
        let mut base = match exponent.numerator < 0 {
            true => Fraction::new(self.denominator, self.numerator)?,
            false => self,
        };
        let mut left = exponent.numerator.unsigned_abs();
        let mut result = Fraction::new(1, 1)?;
        while left > 0 {
            if left & 1 == 1 {
                result = result.multiply(base)?;
            }
            left >>= 1;
            if left > 0 {
                base = base.multiply(base)?;
            }
        }
        Ok(result)
    }
}

impl fmt::Display for Fraction {
    /// A decimal number where that is exact; else the fraction and its first decimals.
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let denominator = self.denominator.unsigned_abs();
        let whole = self.numerator.unsigned_abs() / denominator;
        let mut rest = self.numerator.unsigned_abs() % denominator;
        let mut decimals = String::new();
        while rest != 0 && decimals.len() < DECIMALS_MAX {
            let (digit, next) = match next_digit(rest, denominator) {
                Some(step) => step,
                None => break,
            };
            decimals.push((b'0' + digit) as char);
            rest = next;
        }
        if rest != 0 {
            write!(out, "{}/{} ≈ ", self.numerator, self.denominator)?;
        }
        let sign = if self.numerator < 0 { "-" } else { "" };
        let point = if decimals.is_empty() { "" } else { "." };
        write!(out, "{sign}{whole}{point}{decimals}{}", if rest != 0 { "…" } else { "" })
    }
}

/// One step of long division: the digit of rest × 10 / denominator, and what is left.
fn next_digit(rest: u128, denominator: u128) -> Option<(u8, u128)> {
    let scaled = rest.checked_mul(10)?;
    Some(((scaled / denominator) as u8, scaled % denominator))
}
