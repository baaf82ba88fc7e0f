//! One small tokenizer of each kind that models are published with, trained on the same few sentences.

use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::unigram::{Unigram, UnigramTrainer};
use tokenizers::models::wordlevel::{WordLevel, WordLevelTrainer};
use tokenizers::models::wordpiece::{WordPiece, WordPieceTrainer};
use tokenizers::models::{ModelWrapper, TrainerWrapper};
use tokenizers::normalizers::replace::ReplacePattern;
use tokenizers::normalizers::{
    BertNormalizer, Lowercase, NFC, NFKC, Prepend, Replace, Sequence, Strip,
};
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::sequence::Sequence as Words;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::pre_tokenizers::whitespace::Whitespace;
use tokenizers::processors::roberta::RobertaProcessing;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{
    AddedToken, NormalizerWrapper, PostProcessorWrapper, PreTokenizerWrapper,
    SplitDelimiterBehavior, Tokenizer,
};

pub(crate) const CORPUS: &[&str] = &[
    "It's the weekly sales of orange juice that rise when the price is cut, isn't it?",
    "We've seen 12,345.67 things; they'll see 1234567890 more of the same in 2017 and 2018.",
    "The quick brown fox jumps over the lazy dog, and the dog sleeps in the sun.",
    "naïve café Straße élève Übergröße façade coöperate",
    "ПРИВЕТ мир, это предложение на русском языке о погоде",
    "日本語のテキストは空白なしで書かれる。中文也没有空格，所以一个句子就是一个词。哈哈哈哈",
    "한국어 문장은 띄어쓰기가 있다 मेरा नाम भारत है สวัสดีชาวโลก مرحبا بالعالم",
    "https://example.org/path?query=value&other=thing foo_bar(baz) { return [1, 2, 3]; }",
    "aaaa aaaaaaaa abababab hahaha internationalization of internationalizations",
];

const GPT4: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The names of all of them.
pub(crate) const ALL: &[&str] = &[
    "bert",
    "roberta",
    "gpt4",
    "xlm-roberta",
    "t5",
    "llama",
    "clip",
    "words",
    "characters",
];

/// The tokenizer of one name.
pub(crate) fn tokenizer(kind: &str) -> Tokenizer {
    match kind {
        "bert" => bert(),
        "roberta" => roberta(),
        "gpt4" => gpt4(),
        "xlm-roberta" => xlm_roberta(),
        "t5" => t5(),
        "llama" => llama(),
        "clip" => clip(),
        "words" => words(),
        "characters" => characters(),
        _ => panic!("there is no {kind}"),
    }
}

fn trained(
    model: impl Into<ModelWrapper>,
    trainer: impl Into<TrainerWrapper>,
    normalizer: Option<NormalizerWrapper>,
    words: Option<PreTokenizerWrapper>,
    specials: &[&str],
) -> Tokenizer {
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_normalizer(normalizer);
    tokenizer.with_pre_tokenizer(words);
    tokenizer
        .train(&mut trainer.into(), CORPUS.iter().copied())
        .expect("trained");
    let special = |text: &&str| AddedToken::from(*text, true);
    let tokens: Vec<_> = specials.iter().map(special).collect();
    tokenizer.add_special_tokens(&tokens);
    tokenizer
}

fn template(
    tokenizer: &Tokenizer,
    single: &str,
    pair: &str,
    names: &[&str],
) -> PostProcessorWrapper {
    let id = |name: &&str| {
        let id = tokenizer.token_to_id(name).expect("a special token");
        ((*name).to_owned(), id)
    };
    TemplateProcessing::builder()
        .try_single(single)
        .expect("a template")
        .try_pair(pair)
        .expect("a template")
        .special_tokens(names.iter().map(id).collect::<Vec<_>>())
        .build()
        .expect("a template")
        .into()
}

fn strings(texts: &[&str]) -> Vec<AddedToken> {
    texts
        .iter()
        .map(|text| AddedToken::from(*text, true))
        .collect()
}

pub(crate) fn bert() -> Tokenizer {
    let names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    let trainer = WordPieceTrainer::builder()
        .vocab_size(500)
        .show_progress(false)
        .special_tokens(strings(&names))
        .build();
    let model = WordPiece::builder().unk_token("[UNK]".into()).build();
    let mut tokenizer = trained(
        model.expect("a model"),
        TrainerWrapper::WordPieceTrainer(trainer),
        Some(BertNormalizer::default().into()),
        Some(BertPreTokenizer.into()),
        &names,
    );
    let template = template(
        &tokenizer,
        "[CLS] $A [SEP]",
        "[CLS] $A [SEP] $B:1 [SEP]:1",
        &["[CLS]", "[SEP]"],
    );
    tokenizer.with_post_processor(Some(template));
    tokenizer
}

fn bytes(size: usize) -> TrainerWrapper {
    BpeTrainer::builder()
        .vocab_size(size)
        .show_progress(false)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(strings(&["<s>", "<pad>", "</s>", "<unk>", "<mask>"]))
        .build()
        .into()
}

fn roberta() -> Tokenizer {
    let mut tokenizer = trained(
        BPE::default(),
        bytes(600),
        None,
        Some(ByteLevel::new(false, true, true).into()),
        &["<s>", "<pad>", "</s>", "<unk>"],
    );
    // As RoBERTa's: it takes the spaces before it along.
    tokenizer.add_special_tokens(&[AddedToken::from("<mask>", true).lstrip(true)]);
    let ids = |name: &str| tokenizer.token_to_id(name).expect("a special token");
    let step = RobertaProcessing::new(("</s>".into(), ids("</s>")), ("<s>".into(), ids("<s>")));
    tokenizer.with_post_processor(Some(step.add_prefix_space(false)));
    tokenizer
}

fn gpt4() -> Tokenizer {
    let split = Split::new(
        SplitPattern::Regex(GPT4.into()),
        SplitDelimiterBehavior::Isolated,
        false,
    );
    let steps: Vec<PreTokenizerWrapper> = vec![
        split.expect("a pattern").into(),
        ByteLevel::new(false, true, false).into(),
    ];
    let mut tokenizer = trained(
        BPE::default(),
        bytes(700),
        Some(NFC.into()),
        Some(Words::new(steps).into()),
        &["<|endoftext|>", "<|a_rather_long_added_token_it_is|>"],
    );
    tokenizer.with_post_processor(Some(ByteLevel::default()));
    tokenizer
}

fn unigram(
    normalizer: NormalizerWrapper,
    words: Option<PreTokenizerWrapper>,
    names: &[&str],
) -> Tokenizer {
    let trainer = UnigramTrainer::builder()
        .vocab_size(400)
        .show_progress(false)
        .unk_token(Some("<unk>".into()))
        .special_tokens(strings(names))
        .build()
        .expect("a trainer");
    trained(
        Unigram::default(),
        TrainerWrapper::UnigramTrainer(trainer),
        Some(normalizer),
        words,
        names,
    )
}

fn xlm_roberta() -> Tokenizer {
    let names = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];
    let spaces = Replace::new(ReplacePattern::Regex(" {2,}".into()), " ").expect("a pattern");
    let normalizer = Sequence::new(vec![NFKC.into(), spaces.into()]);
    let words = Metaspace::new('▁', PrependScheme::Always, true);
    let mut tokenizer = unigram(normalizer.into(), Some(words.into()), &names);
    let template = template(
        &tokenizer,
        "<s> $A </s>",
        "<s> $A </s> </s> $B </s>",
        &["<s>", "</s>"],
    );
    tokenizer.with_post_processor(Some(template));
    tokenizer
}

/// The whole text is one word.
fn t5() -> Tokenizer {
    let names = ["<pad>", "</s>", "<unk>"];
    let normalizer = Sequence::new(vec![Strip::new(false, true).into(), NFKC.into()]);
    let words = Metaspace::new('▁', PrependScheme::First, false);
    let mut tokenizer = unigram(normalizer.into(), Some(words.into()), &names);
    let template = template(&tokenizer, "$A </s>", "$A </s> $B </s>", &["</s>"]);
    tokenizer.with_post_processor(Some(template));
    tokenizer
}

/// The whole text is one word here too, and unknown characters are bytes.
fn llama() -> Tokenizer {
    let bytes: Vec<String> = (0..256).map(|byte| format!("<0x{byte:02X}>")).collect();
    let names: Vec<&str> = ["<unk>", "<s>", "</s>"]
        .into_iter()
        .chain(bytes.iter().map(String::as_str))
        .collect();
    let trainer = BpeTrainer::builder()
        .vocab_size(700)
        .limit_alphabet(60)
        .show_progress(false)
        .special_tokens(strings(&names))
        .build();
    let model = BPE::builder()
        .byte_fallback(true)
        .unk_token("<unk>".into())
        .fuse_unk(true)
        .build();
    let spaces = Replace::new(" ", "▁").expect("a pattern");
    let steps = vec![Prepend::new("▁".into()).into(), spaces.into()];
    let mut tokenizer = trained(
        model.expect("a model"),
        TrainerWrapper::BpeTrainer(trainer),
        Some(Sequence::new(steps).into()),
        // To train it, words must be apart.
        Some(Metaspace::new('▁', PrependScheme::Never, true).into()),
        &["<unk>", "<s>", "</s>"],
    );
    tokenizer.with_pre_tokenizer(None::<PreTokenizerWrapper>);
    let template = template(&tokenizer, "<s> $A", "<s> $A <s> $B", &["<s>"]);
    tokenizer.with_post_processor(Some(template));
    tokenizer
}

/// Tokens differ at the ends of words.
fn clip() -> Tokenizer {
    let spaces = Replace::new(ReplacePattern::Regex(r"\s+".into()), " ").expect("a pattern");
    let steps = vec![NFC.into(), spaces.into(), Lowercase.into()];
    let pattern = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";
    let split = Split::new(
        SplitPattern::Regex(pattern.into()),
        SplitDelimiterBehavior::Removed,
        true,
    );
    let words: Vec<PreTokenizerWrapper> = vec![
        split.expect("a pattern").into(),
        ByteLevel::new(false, true, true).into(),
    ];
    let trainer = BpeTrainer::builder()
        .vocab_size(900)
        .show_progress(false)
        .end_of_word_suffix("</w>".into())
        .special_tokens(strings(&["<|endoftext|>"]))
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    let model = BPE::builder()
        .end_of_word_suffix("</w>".into())
        .unk_token("<|endoftext|>".into())
        .build();
    trained(
        model.expect("a model"),
        TrainerWrapper::BpeTrainer(trainer),
        Some(Sequence::new(steps).into()),
        Some(Words::new(words).into()),
        &["<|endoftext|>"],
    )
}

fn words() -> Tokenizer {
    let trainer = WordLevelTrainer::builder()
        .show_progress(false)
        .special_tokens(strings(&["[UNK]"]))
        .build()
        .expect("a trainer");
    let model = WordLevel::builder().unk_token("[UNK]".into()).build();
    let mut tokenizer = trained(
        model.expect("a model"),
        TrainerWrapper::WordLevelTrainer(trainer),
        None,
        Some(Whitespace.into()),
        &["[UNK]"],
    );
    // Not special, found in the normalized text, and only as a word of its own.
    let named = AddedToken::from("orange juice", false)
        .single_word(true)
        .rstrip(true);
    tokenizer.add_tokens(&[named]);
    tokenizer
}

/// No word is ever finished, and a pattern looks as far as it likes.
fn characters() -> Tokenizer {
    let thousands = Split::new(
        SplitPattern::Regex(r"\d{1,3}(?=(?:\d{3})*\b)".into()),
        SplitDelimiterBehavior::Isolated,
        false,
    );
    let words: Vec<PreTokenizerWrapper> = vec![
        thousands.expect("a pattern").into(),
        ByteLevel::new(true, true, false).into(),
    ];
    trained(
        BPE::default(),
        bytes(300),
        None,
        Some(Words::new(words).into()),
        &[],
    )
}
