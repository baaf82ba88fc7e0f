//! Many small files as few: the page's modules as one script and one for later, its stylesheets as one sheet.
//! Must not know what is in them beyond the few forms that imports and exports may have.
//!
//! Sixty modules are sixty requests, and as many round trips as imports are deep; browsers ask for six at a time. Written
//! are modules as they are, without a tool to build them; each becomes a function here, run when it is first imported.
//! `host/tests/all/page/modules.rs` sees to it that they keep to the forms, and that none imports itself by a detour.

use std::collections::BTreeSet;

/// What is made of a page's modules.
pub(super) struct Scripts {
    /// All that the first module needs to run; runs it.
    pub(super) now: String,
    /// All that is imported later.
    pub(super) later: String,
}

/// `first` and all that it imports, as modules called `now` and `later`; `text` gives a module's source by its name.
pub(super) fn scripts(
    first: &str,
    [now, later]: [&str; 2],
    text: impl Fn(&str) -> &'static str,
) -> Scripts {
    let mut found = BTreeSet::new();
    let mut deferred = Vec::new();
    let mut functions = |open: Vec<String>, deferred: &mut Vec<String>| {
        let mut open = open;
        let mut functions = String::new();
        while let Some(name) = open.pop() {
            if found.insert(name.clone()) {
                let source = text(&name);
                functions.push_str(&function(&name, source, later, &mut open, deferred));
            }
        }
        functions
    };
    let here = functions(vec![first.to_owned()], &mut deferred);
    let mut there = String::new();
    while !deferred.is_empty() {
        let open = std::mem::take(&mut deferred);
        there.push_str(&functions(open, &mut deferred));
    }
    Scripts {
        now: format!(
            "const made = {{}};\nexport const $ = (name) => made[name] ?? (modules[name](made[name] = {{}}), made[name]);\nexport const modules = {{\n{here}}};\n$(\"{first}\");\n"
        ),
        later: format!(
            "import {{ $, modules }} from \"./{now}\";\nObject.assign(modules, {{\n{there}}});\n"
        ),
    }
}

/// A module as a function that fills in its exports; notes what it imports at once, and what later.
fn function(
    name: &str,
    source: &str,
    later: &str,
    imports: &mut Vec<String>,
    deferred: &mut Vec<String>,
) -> String {
    let mut exports = Vec::new();
    let mut body = String::new();
    for line in source.lines() {
        if let Some((what, name)) = import(line) {
            body.push_str(&format!("const {what} = $(\"{name}\");"));
            imports.push(name.to_owned());
        } else if let Some((before, rest)) = line.split_once("import(\"./")
            && let Some((name, after)) = rest.split_once("\")")
        {
            body.push_str(&format!(
                "{before}import(\"./{later}\").then(() => $(\"{name}\")){after}"
            ));
            deferred.push(name.to_owned());
        } else if let Some(declared) = line.strip_prefix("export ") {
            exports.extend(declared_name(declared));
            body.push_str(declared);
        } else {
            body.push_str(line);
        }
        body.push('\n');
    }
    let exports = exports.join(", ");
    format!("\"{name}\": ($exports) => {{\n{body}Object.assign($exports, {{ {exports} }});\n}},\n")
}

/// `half` of `async function half(x) {`.
fn declared_name(declared: &str) -> Option<&str> {
    const KINDS: [&str; 5] = ["async", "function", "class", "const", ""];
    let mut words =
        declared.split(|one: char| !(one.is_alphanumeric() || one == '_' || one == '$'));
    words.find(|word| !KINDS.contains(word))
}

/// What `import { a, b as c } from "./x.js";` or `import * as x from "./x.js";` binds, and the module's name.
fn import(line: &str) -> Option<(String, &str)> {
    let (what, from) = line.strip_prefix("import ")?.split_once(" from \"./")?;
    let name = from.strip_suffix("\";")?;
    let what = match what.strip_prefix("* as ") {
        Some(whole) => whole.to_owned(),
        None => what.replace(" as ", ": "),
    };
    Some((what, name))
}

/// The stylesheets that `html` links, in their order.
pub(super) fn stylesheets(html: &str) -> Vec<&str> {
    let links = html.split("<link rel=\"stylesheet\" href=\"ui/").skip(1);
    links
        .filter_map(|rest| rest.split_once('"').map(|(name, _)| name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_become_functions_that_run_once() {
        let Scripts { now, later } = scripts("app.js", ["now.js", "later.js"], |name| match name {
            "app.js" => {
                "import { half as part, TWO } from \"./sum.js\";\nimport * as late from \"./late.js\";\n\nconst more = await import(\"./more.js\");\n"
            }
            "sum.js" => "export const TWO = 2;\nexport function half(x) {\n  return x / TWO;\n}\n",
            "late.js" => "export async function wait() {}\nexport class Late extends Error {}\n",
            "more.js" => "import { TWO } from \"./sum.js\";\nimport { four } from \"./four.js\";\n",
            _ => "export const four = 4;\n",
        });
        for part in [
            "const { half: part, TWO } = $(\"sum.js\");\nconst late = $(\"late.js\");\n",
            "const more = await import(\"./later.js\").then(() => $(\"more.js\"));\n",
            "const TWO = 2;\nfunction half(x) {\n  return x / TWO;\n}\nObject.assign($exports, { TWO, half });\n",
            "Object.assign($exports, { wait, Late });",
        ] {
            assert!(now.contains(part), "{part} is not in {now}");
        }
        assert!(now.ends_with("};\n$(\"app.js\");\n"), "{now}");
        assert!(!now.contains("four"), "{now}");
        assert!(
            later.starts_with("import { $, modules } from \"./now.js\";\n"),
            "{later}"
        );
        for name in ["more.js", "four.js"] {
            assert!(
                later.contains(&format!("\"{name}\": ($exports)")),
                "{later}"
            );
        }
        assert!(!later.contains("\"sum.js\": "), "{later}");
    }
}
