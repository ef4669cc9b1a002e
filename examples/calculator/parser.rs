//! Expressions: + - * / % ^ ( ) and decimal numbers, with the usual precedence; ^ binds to the right
//! and stronger than a sign before it (-2^2 is -4).

use crate::arithmetic::{Checked, Fraction};

const LENGTH_MAX: usize = 1000;
const DEPTH_MAX: usize = 100;

pub struct Error {
    pub at: usize, // In characters.
    pub message: String,
}

type Evaluated = Result<Fraction, Error>;

struct Parser {
    text: Vec<char>,
    at: usize,
    depth: usize,
}

pub fn evaluate(expression: &str) -> Evaluated {
    let mut parser = Parser { text: expression.chars().collect(), at: 0, depth: 0 };
    if parser.text.len() > LENGTH_MAX {
        return parser.fail(0, format!("longer than {LENGTH_MAX} characters"));
    }
    let value = parser.sum()?;
    match parser.peek() {
        None => Ok(value),
        Some(')') => parser.fail(parser.at, "there is no open bracket for this"),
        Some(other) => parser.fail(parser.at, format!("no operator before {other:?}")),
    }
}

impl Parser {
    fn fail<T>(&self, at: usize, message: impl Into<String>) -> Result<T, Error> {
        Err(Error { at, message: message.into() })
    }

    fn computed(&self, at: usize, value: Checked) -> Evaluated {
        value.or_else(|message| self.fail(at, message))
    }

    fn peek(&mut self) -> Option<char> {
        while self.text.get(self.at).map_or(false, |next| next.is_whitespace()) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    /// The next operator if it is one of `wanted`, with its place.
    fn take(&mut self, wanted: &str) -> Option<(char, usize)> {
        let next = self.peek().map(plain).filter(|next| wanted.contains(*next))?;
        self.at += 1;
        Some((next, self.at - 1))
    }

    fn sum(&mut self) -> Evaluated {
        let mut value = self.product()?;
        while let Some((operator, at)) = self.take("+-") {
            let right = self.product()?;
            value = match operator {
                '+' => self.computed(at, value.add(right))?,
                _ => self.computed(at, right.negate().and_then(|right| value.add(right)))?,
            };
        }
        Ok(value)
    }

    fn product(&mut self) -> Evaluated {
        let mut value = self.signed()?;
        while let Some((operator, at)) = self.take("*/%") {
            let right = self.signed()?;
            value = match operator {
                '*' => self.computed(at, value.multiply(right))?,
                '/' => self.computed(at, value.divide(right))?,
                _ => self.computed(at, value.remainder(right))?,
            };
        }
        Ok(value)
    }

    /// A sign, a bracket and an exponent each nest, and so this is where the depth is counted.
    fn signed(&mut self) -> Evaluated {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fail(self.at, format!("nested more than {DEPTH_MAX} deep"));
        }
        let value = match self.take("+-") {
            Some(('-', at)) => {
                let value = self.signed()?;
                self.computed(at, value.negate())
            }
            Some(_) => self.signed(),
            None => self.power(),
        };
        self.depth -= 1;
        value
    }

    fn power(&mut self) -> Evaluated {
        let base = self.operand()?;
        match self.take("^") {
            Some((_, at)) => {
                let exponent = self.signed()?;
                self.computed(at, base.power(exponent))
            }
            None => Ok(base),
        }
    }

    fn operand(&mut self) -> Evaluated {
        match self.peek() {
            Some('(') => {
                let open = self.at;
                self.at += 1;
                let value = self.sum()?;
                match self.take(")") {
                    Some(_) => Ok(value),
                    None => self.fail(open, "this bracket isn't closed"),
                }
            }
            Some(next) if next.is_ascii_digit() || next == '.' => self.number(),
            Some(other) => self.fail(self.at, format!("expected a number, not {other:?}")),
            None => self.fail(self.at, "expected a number"),
        }
    }

    fn number(&mut self) -> Evaluated {
        let start = self.at;
        let (mut digits, mut scale, mut count) = (Some(0_i128), Some(1_i128), 0);
        let mut point = false;
        while let Some(&next) = self.text.get(self.at) {
            match next.to_digit(10) {
                Some(digit) => {
                    digits = digits.and_then(|all| all.checked_mul(10)?.checked_add(digit.into()));
                    if point {
                        scale = scale.and_then(|scale| scale.checked_mul(10));
                    }
                    count += 1;
                }
                None if next == '.' && !point => point = true,
                None => break,
            }
            self.at += 1;
        }
        match (digits, scale) {
            _ if count == 0 => self.fail(start, "a point without digits"),
            (Some(digits), Some(scale)) => self.computed(start, Fraction::new(digits, scale)),
            _ => self.fail(start, "this number has too many digits"),
        }
    }
}

/// The signs that people paste, as the ones that a keyboard has.
fn plain(character: char) -> char {
    match character {
        '−' | '–' => '-',
        '×' | '·' => '*',
        '÷' | ':' => '/',
        other => other,
    }
}
