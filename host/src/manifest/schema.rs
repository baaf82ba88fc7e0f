//! Every field that a manifest may have, as data: the one table that checking, messages and the reference go by.
//! Must not know how a field is read, nor what its value is for.

/// A mapping whose fields are fixed.
#[derive(Debug)]
pub struct Block {
    /// Where it may stand; `""` is the manifest itself and `[]` any item of a list.
    pub at: &'static [&'static str],
    /// In the order of the reference.
    pub fields: &'static [Field],
}

/// One field of a block.
#[derive(Debug)]
pub struct Field {
    /// As it is written.
    pub name: &'static str,
    /// What may stand there.
    pub kind: Kind,
    /// What holds when it is not written.
    pub otherwise: Otherwise,
    /// What it is for, in a line.
    pub doc: &'static str,
}

/// What may stand in a field.
#[derive(Debug)]
pub enum Kind {
    /// Text of the form named.
    Text(&'static str),
    /// `true` or `false`.
    Flag,
    /// A whole number within these bounds, both included.
    Whole {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// A finite number, 0 or more.
    Number,
    /// A list of finite numbers.
    Numbers,
    /// A list of texts of the form named.
    Texts(&'static str),
    /// A mapping that is passed on as it is.
    Mapping,
    /// Anything that JSON can say.
    Any,
    /// A block.
    Block(&'static Block),
    /// A list of blocks.
    List(&'static Block),
    /// A plugin's name or file as text, or a block that names a repo.
    Plugin(&'static Block),
}

/// What holds when a field is not written.
#[derive(Debug)]
pub enum Otherwise {
    /// It must be written.
    Required,
    /// Nothing.
    Absent,
    /// This text.
    Text(&'static str),
    /// This number.
    Whole(u64),
    /// This number.
    Number(f64),
    /// This.
    Flag(bool),
    /// What these words say.
    Rule(&'static str),
}

impl Block {
    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The block's name in a sentence.
    pub fn title(&self) -> String {
        let named = |at: &&str| {
            if at.is_empty() {
                "the manifest itself".to_owned()
            } else {
                format!("`{at}`")
            }
        };
        self.at.iter().map(named).collect::<Vec<_>>().join(", ")
    }
}

impl Kind {
    /// The type as the reference names it.
    pub fn label(&self) -> String {
        match self {
            Kind::Text(form) => (*form).to_owned(),
            Kind::Flag => "`true` or `false`".to_owned(),
            Kind::Whole { min, max } => format!("whole number, {min} to {max}"),
            Kind::Number => "number, 0 or more".to_owned(),
            Kind::Numbers => "list of numbers".to_owned(),
            Kind::Texts(form) => format!("list of {form}s"),
            Kind::Mapping => "mapping".to_owned(),
            Kind::Any => "anything".to_owned(),
            Kind::Block(_) => "block".to_owned(),
            Kind::List(_) => "list of blocks".to_owned(),
            Kind::Plugin(_) => "text, or block".to_owned(),
        }
    }
}

impl Otherwise {
    /// The default as the reference names it.
    pub fn label(&self) -> String {
        match self {
            Otherwise::Required => "required".to_owned(),
            Otherwise::Absent => "none".to_owned(),
            Otherwise::Text(text) => format!("`{text}`"),
            Otherwise::Whole(number) => format!("`{number}`"),
            Otherwise::Number(number) => format!("`{number}`"),
            Otherwise::Flag(flag) => format!("`{flag}`"),
            Otherwise::Rule(words) => (*words).to_owned(),
        }
    }
}

/// Every block, outer ones first.
pub static BLOCKS: &[&Block] = &[
    &MANIFEST,
    &MODEL,
    &STEP,
    &PLUGIN,
    &EXAMPLE,
    &EXPECT,
    &BATCHING,
    &CACHE,
    &LIMITS,
    &PLUGIN_LIMITS,
    &ROLLOUT,
];

const fn field(name: &'static str, kind: Kind, otherwise: Otherwise, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        otherwise,
        doc,
    }
}

/// The manifest itself.
#[rustfmt::skip]
pub static MANIFEST: Block = Block {
    at: &[""],
    fields: &[
        field("name", Kind::Text("lower-case name"), Otherwise::Required, "Route segment and metrics label."),
        field("title", Kind::Text("one line of text"), Otherwise::Rule("the name"), "Heading of the page."),
        field("description", Kind::Text("text"), Otherwise::Absent, "A few words below the heading."),
        field("task", Kind::Text("pipeline_tag"), Otherwise::Absent, "What goes in and what comes out, in the Hub's terms."),
        field("default", Kind::Flag, Otherwise::Flag(false), "Whether this model answers `/` and `/predict`."),
        field("model", Kind::Block(&MODEL), Otherwise::Required, "Where the model is."),
        field("preprocess", Kind::Block(&STEP), Otherwise::Absent, "The plugin that turns a request into tensors."),
        field("postprocess", Kind::Block(&STEP), Otherwise::Absent, "The plugin that turns tensors into an answer."),
        field("input", Kind::Mapping, Otherwise::Absent, "A JSON Schema that narrows what the plugin accepts."),
        field("examples", Kind::List(&EXAMPLE), Otherwise::Absent, "Requests shown on the page and run at load."),
        field("batching", Kind::Block(&BATCHING), Otherwise::Rule("its defaults"), "How requests share runs of the model."),
        field("cache", Kind::Block(&CACHE), Otherwise::Rule("its defaults"), "How long answers are kept for who asks the same again."),
        field("limits", Kind::Block(&LIMITS), Otherwise::Rule("its defaults"), "The bounds of every request."),
        field("rollout", Kind::Block(&ROLLOUT), Otherwise::Rule("at once"), "How this version takes over from the one that answers."),
    ],
};

/// Where the model is.
#[rustfmt::skip]
pub static MODEL: Block = Block {
    at: &["model"],
    fields: &[
        field("path", Kind::Text("folder"), Otherwise::Rule("one of `path`, `repo`"), "The folder that holds the file."),
        field("repo", Kind::Text("`owner/name`"), Otherwise::Rule("one of `path`, `repo`"), "The Hub repo that holds the file."),
        field("revision", Kind::Text("revision"), Otherwise::Text("main"), "Branch, tag or commit of the repo."),
        field("refresh_s", Kind::Whole { min: 1, max: 86_400 }, Otherwise::Rule("never"), "How often to ask whether the branch or tag has moved; if so, the new commit is loaded."),
        field("file", Kind::Text("relative file"), Otherwise::Text("model.onnx"), "The ONNX file in the folder or repo."),
        field("sha256", Kind::Text("sha256"), Otherwise::Absent, "What the file must hash to."),
        field("reference", Kind::Text("relative file"), Otherwise::Absent, "Inputs and outputs beside the model, `.npz` or JSON, that it has to agree with to be served."),
        field("reference_tolerance", Kind::Number, Otherwise::Number(1e-3), "How far a number of the reference may be off: absolutely, or as a share of an expected number above 1."),
    ],
};

/// A plugin with its configuration.
#[rustfmt::skip]
pub static STEP: Block = Block {
    at: &["preprocess", "postprocess"],
    fields: &[
        field("plugin", Kind::Plugin(&PLUGIN), Otherwise::Required, "Which plugin."),
        field("sha256", Kind::Text("sha256"), Otherwise::Absent, "What the plugin's file must hash to."),
        field("config", Kind::Mapping, Otherwise::Rule("`{}`"), "What the plugin is told; each plugin says what it takes."),
        field("assets", Kind::Texts("relative file"), Otherwise::Rule("a bundled plugin's own"), "Files of the model's folder or repo that the plugin may read."),
        field("wasi", Kind::Text("`inert`"), Otherwise::Absent, "Lets the plugin import WASI, of which nothing does anything."),
    ],
};

/// A plugin on the Hub.
#[rustfmt::skip]
pub static PLUGIN: Block = Block {
    at: &["preprocess.plugin", "postprocess.plugin"],
    fields: &[
        field("repo", Kind::Text("`owner/name`"), Otherwise::Required, "The Hub repo that holds the plugin."),
        field("revision", Kind::Text("revision"), Otherwise::Text("main"), "Branch, tag or commit of the repo."),
        field("file", Kind::Text("relative file"), Otherwise::Required, "The plugin's file in the repo."),
    ],
};

/// A request to show and to run.
#[rustfmt::skip]
pub static EXAMPLE: Block = Block {
    at: &["examples[]"],
    fields: &[
        field("name", Kind::Text("one line of text"), Otherwise::Required, "What the page calls it; each has its own."),
        field("request", Kind::Mapping, Otherwise::Required, "The whole body of the request."),
        field("actual", Kind::Numbers, Otherwise::Absent, "What really came of it, drawn beside the answer."),
        field("expect", Kind::Block(&EXPECT), Otherwise::Absent, "The answer that a model must give to be served."),
    ],
};

/// An expected answer.
#[rustfmt::skip]
pub static EXPECT: Block = Block {
    at: &["examples[].expect"],
    fields: &[
        field("value", Kind::Any, Otherwise::Required, "What the answer must hold."),
        field("tolerance", Kind::Number, Otherwise::Number(1e-3), "How far a number may be off."),
    ],
};

/// How requests share runs of the model.
#[rustfmt::skip]
pub static BATCHING: Block = Block {
    at: &["batching"],
    fields: &[
        field("max_size", Kind::Whole { min: 1, max: 1024 }, Otherwise::Whole(16), "Rows of one run; 1 runs each request alone."),
        field("max_wait_us", Kind::Whole { min: 0, max: 1_000_000 }, Otherwise::Whole(0), "How long a run that could be larger waits for more, though a worker is idle."),
    ],
};

/// How long answers are kept.
#[rustfmt::skip]
pub static CACHE: Block = Block {
    at: &["cache"],
    fields: &[
        field("ttl_s", Kind::Whole { min: 0, max: 31_536_000 }, Otherwise::Whole(0), "Seconds that an answer is kept; 0 keeps none."),
    ],
};

/// The bounds of every request.
#[rustfmt::skip]
pub static LIMITS: Block = Block {
    at: &["limits"],
    fields: &[
        field("deadline_ms", Kind::Whole { min: 1, max: 600_000 }, Otherwise::Whole(10_000), "From a request's arrival to its answer."),
        field("queue", Kind::Whole { min: 1, max: 65_536 }, Otherwise::Whole(256), "Requests that may wait; the next one is refused."),
        field("body_bytes", Kind::Whole { min: 1 << 10, max: 1 << 30 }, Otherwise::Whole(2 << 20), "Size of a request's body."),
        field("plugin", Kind::Block(&PLUGIN_LIMITS), Otherwise::Rule("its defaults"), "The bounds of each plugin call."),
    ],
};

/// The bounds of each plugin call.
#[rustfmt::skip]
pub static PLUGIN_LIMITS: Block = Block {
    at: &["limits.plugin"],
    fields: &[
        field("memory_mib", Kind::Whole { min: 1, max: 2048 }, Otherwise::Whole(64), "Memory of one call."),
        field("deadline_ms", Kind::Whole { min: 1, max: 60_000 }, Otherwise::Whole(200), "Time of one call."),
    ],
};

/// How a new version takes over from the one that answers.
#[rustfmt::skip]
pub static ROLLOUT: Block = Block {
    at: &["rollout"],
    fields: &[
        field("canary_percent", Kind::Whole { min: 1, max: 99 }, Otherwise::Rule("one of `canary_percent`, `shadow`"), "Share of the requests that the new version answers at first."),
        field("shadow", Kind::Flag, Otherwise::Flag(false), "Whether the new version sees the requests and answers nobody, until an operator promotes it."),
        field("for_s", Kind::Whole { min: 1, max: 604_800 }, Otherwise::Whole(300), "How long a canary is tried before it answers all."),
        field("max_error_rate", Kind::Number, Otherwise::Number(0.01), "Share of its answers that may fail, of the last hundred or more; above it the old version answers all."),
    ],
};
