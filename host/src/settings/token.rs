//! A secret word of the command line or the environment.
//! Must not know what it opens.

/// A word that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl std::str::FromStr for Token {
    type Err = std::convert::Infallible;

    /// Takes any text: where a value is refused, the command line's parser repeats it.
    fn from_str(text: &str) -> Result<Token, Self::Err> {
        Ok(Token(text.to_owned()))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Token {
    /// The word itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it is hard enough to guess, and if not, what to do about it.
    pub fn check(&self) -> Result<(), &'static str> {
        match is_hard_to_guess(&self.0) {
            true => Ok(()),
            false => Err("has at least 16 letters, digits or signs, and no space"),
        }
    }
}

/// Whether a word has at least 16 letters, digits or signs, and nothing else.
pub(super) fn is_hard_to_guess(word: &str) -> bool {
    word.len() >= 16 && word.bytes().all(|byte| byte.is_ascii_graphic())
}
