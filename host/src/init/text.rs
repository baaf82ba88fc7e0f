//! The plugins of models that read texts: what is told to the tokenizer, and to the stage that answers.
//! Must not know examples or limits.

use super::draft::Step;
use super::facts::{Facts, Tokenizer};
use super::task::Family;
use super::{Place, roles, scores, shape};
use serde_json::{Map, json};

/// Words in the name of a reranker.
const RANKERS: [&str; 3] = ["cross-encoder", "text-ranking", "reranker"];

/// Whether the model reads two texts at once, and what says so.
pub(super) fn reads_pairs(facts: &Facts<'_>, tag: &str) -> Option<String> {
    if tag == "text-ranking" {
        return Some("text-ranking is of pairs".to_owned());
    }
    if let Some(word) = RANKERS.iter().find(|word| facts.card.is_tagged(word)) {
        return Some(format!("the card's tag `{word}`"));
    }
    let is_entailment = |class: &&str| class.to_lowercase().starts_with("entail");
    if let Some(class) = facts.classes().into_iter().find(is_entailment) {
        return Some(format!("the class `{class}` is of a pair"));
    }
    let mut words = facts.words().into_iter();
    words.find_map(|(word, whole)| {
        let is_ranker = word.starts_with("rerank") || whole.contains("cross-encoder");
        is_ranker.then(|| format!("the name `{whole}`"))
    })
}

/// tokenize-text for this model.
pub(super) fn tokenize(
    facts: &Facts<'_>,
    tokenizer: &Tokenizer,
    family: Family,
    pairs: Option<&str>,
) -> Step {
    let mut config = Map::new();
    let mut from = vec![tokenizer.file.clone()];
    let mut hints = Vec::new();
    if pairs.is_none() && family == Family::TextLabels && facts.class_count() == Some(1) {
        hints.push("the model has one class; if it is a cross-encoder, which reads pairs: `config: { pairs: true }`".to_owned());
    }
    if let Ok(tensors) = roles::tensors(&facts.signature)
        && !tensors.is_empty()
    {
        hints.push("`tensors` goes by what the names of the inputs say; where a name misleads, the answers are wrong".to_owned());
        config.insert("tensors".to_owned(), tensors.into());
    }
    if let Some(why) = pairs {
        config.insert("pairs".to_owned(), true.into());
        from.push(format!("pairs: {why}"));
    }
    if let Some(length) = facts.sentences["max_seq_length"].as_u64() {
        from.push(format!(
            "at most {length} tokens: sentence_bert_config.json"
        ));
    }
    if family == Family::Embedding {
        match prefix(facts) {
            Some(Prefix::Always(text, why)) => {
                config.insert("prefix".to_owned(), text.into());
                from.push(format!("prefix: {why}"));
            }
            Some(Prefix::Maybe(hint)) => hints.push(hint),
            None => {}
        }
    }
    if let Some(length) = tokenizer.pads_to {
        let file = &tokenizer.file;
        let is_sentences = facts.pooling.is_some() || !facts.sentences.is_null();
        if !shape::takes_mask(&facts.signature) {
            config.insert("padding".to_owned(), json!({"to": length}));
            from.push(format!(
                "{length} tokens: {file} pads so, and the model takes no mask"
            ));
        } else if !is_sentences {
            hints.push(format!(
                "{file} pads every text to {length} tokens, tokenize-text only to the longest of a request; a model that was trained on padding needs `config: {{ padding: {{ to: {length} }} }}`"
            ));
        }
    }
    Step {
        plugin: "tokenize-text",
        config,
        assets: facts.files.assets("tokenize-text"),
        from: from.join("; "),
        hints,
    }
}

enum Prefix {
    Always(String, &'static str),
    Maybe(String),
}

/// What a model of vectors may want to stand before every text.
fn prefix(facts: &Facts<'_>) -> Option<Prefix> {
    let prompts = facts.prompts["prompts"].as_object();
    let said = |name: &str| prompts?.get(name)?.as_str().filter(|text| !text.is_empty());
    if let Some(text) = facts.prompts["default_prompt_name"].as_str().and_then(said) {
        let why = "the default prompt of config_sentence_transformers.json";
        return Some(Prefix::Always(text.to_owned(), why));
    }
    let mut named = prompts.into_iter().flatten();
    let (name, text) = match named
        .find_map(|(name, text)| Some((name, text.as_str().filter(|text| !text.is_empty())?)))
    {
        Some((name, text)) => (
            format!("config_sentence_transformers.json has the prompt `{name}`"),
            text,
        ),
        None => {
            let (_, whole) = facts.words().into_iter().find(|(word, _)| word == "e5")?;
            (
                format!(
                    "`{whole}` reads like an E5 model, whose texts begin with `query: ` or `passage: `"
                ),
                "query: ",
            )
        }
    };
    Some(Prefix::Maybe(format!(
        "{name}; the caller writes it before each text, or this does: `config: {{ prefix: {} }}`",
        json!(text)
    )))
}

/// The stage that answers, for this family.
pub(super) fn answer(facts: &Facts<'_>, family: Family) -> Step {
    match family {
        Family::Embedding => pool(facts),
        Family::TokenLabels => label(facts, "label-tokens", 3),
        _ => label(facts, "label-text", 2),
    }
}

/// label-text, label-tokens or label-image for this model.
pub(super) fn label(facts: &Facts<'_>, plugin: &'static str, rank: usize) -> Step {
    let mut config = Map::new();
    let mut hints = Vec::new();
    let mut output = shape::logits(&facts.signature, rank);
    if output.is_none()
        && let [first, _, ..] = shape::outputs_of_rank(&facts.signature, rank).as_slice()
    {
        output = Some(first);
        config.insert("tensor".to_owned(), first.name.as_str().into());
        hints.push(format!(
            "`{}` is the first of several outputs that could be the logits",
            first.name
        ));
    }
    let function = output.and_then(|output| scores::function(facts, plugin, output));
    if let Some(scores::Function { name, why }) = function {
        hints.push(why);
        if let Some(name) = name {
            config.insert("function".to_owned(), name.into());
        }
    }
    let mut hint = |text: &str| hints.push(text.to_owned());
    let is_numbered = |class: &&str| class.starts_with("LABEL_");
    let from = match facts.class_count() {
        Some(1) => "one score".to_owned(),
        Some(count) if facts.classes().iter().all(is_numbered) => {
            hint(
                "config.json numbers the classes; `config: { labels: [first, second, …] }` names them",
            );
            format!("{count} classes of config.json")
        }
        Some(count) => format!("{count} labels of config.json"),
        None => {
            hint("no file names the classes; `config: { labels: [first, second, …] }` does");
            "numbered labels".to_owned()
        }
    };
    Step {
        plugin,
        config,
        assets: facts.files.assets(plugin),
        from,
        hints,
    }
}

fn pool(facts: &Facts<'_>) -> Step {
    let mut config = Map::new();
    let mut hints = Vec::new();
    let tokens = shape::token_vectors(&facts.signature);
    let texts = shape::text_vectors(&facts.signature);
    let words = |mode: Option<&str>, normalizes| {
        let mode = mode.unwrap_or("mean");
        format!("{mode}{}", if normalizes { ", length 1" } else { "" })
    };
    let from = match (tokens, texts, &facts.pooling, &facts.kin) {
        (_, Some(texts), ..) if tokens.is_none() || shape::is_whole(texts) => {
            if tokens.is_some() && texts.name != "sentence_embedding" {
                config.insert("tensor".to_owned(), texts.name.as_str().into());
            }
            format!("the model's own output {}", texts.name)
        }
        (Some(_), _, Some(pooling), _) => {
            if let Some(other) = &pooling.other {
                config.insert("pooling".to_owned(), pooling.mode.unwrap_or("mean").into());
                hints.push(format!(
                    "modules.json has a {other} module, which this graph does not hold: the vectors are those before it; an export by sentence-transformers holds it"
                ));
            }
            let words = words(pooling.mode, pooling.normalizes);
            format!("{words}: the modules of sentence-transformers")
        }
        (Some(_), _, None, Some((base, pooling))) => {
            config.insert("pooling".to_owned(), pooling.mode.unwrap_or("mean").into());
            config.insert("normalize".to_owned(), pooling.normalizes.into());
            format!("as {base}, which the card names as the base")
        }
        (Some(_), _, None, None) => {
            hints.push("no file says how the tokens become one vector; the card may: `config: { pooling: cls, normalize: true }`".to_owned());
            words(None, false)
        }
        (None, ..) => {
            let outputs = |rank| shape::outputs_of_rank(&facts.signature, rank);
            if let Some(first) = outputs(3).first().or(outputs(2).first()) {
                config.insert("tensor".to_owned(), first.name.as_str().into());
                hints.push(format!(
                    "`{}` is the first of several outputs that could be the vectors",
                    first.name
                ));
            }
            words(None, false)
        }
    };
    Step {
        plugin: "pool-embedding",
        config,
        assets: facts.files.assets("pool-embedding"),
        from,
        hints,
    }
}

/// How to have a `tokenizer.json` that can be used.
pub(super) fn how_to_make_a_tokenizer(facts: &Facts<'_>, place: &Place) -> String {
    let slow = facts.slow_tokenizer();
    let there = match slow {
        Some(slow) if facts.unusable.is_none() => format!("{slow} is not enough; "),
        _ => String::new(),
    };
    // A folder can be asked only where it has another tokenizer.
    let (model, which) = match (place, slow, facts.card.base_models.first()) {
        (Place::Hub { .. }, ..) | (_, Some(_), _) if facts.unusable.is_none() => {
            (place.words(), "")
        }
        (.., Some(base)) => (base.clone(), ""),
        _ => (
            "MODEL".to_owned(),
            ", where MODEL is the repo that the model was made from",
        ),
    };
    format!(
        "{there}make a tokenizer.json: python -c \"from transformers import AutoTokenizer; AutoTokenizer.from_pretrained('{model}').save_pretrained('.')\"{which}; put it into a folder with the ONNX file and config.json, and run `modelhost init` on that folder"
    )
}
