//! Many small files as one: the page's modules as one script, its stylesheets as one sheet.
//! Must not know what is in them beyond the few forms that imports and exports may have.
//!
//! Sixty modules are sixty requests, and as many round trips as imports are deep; browsers ask for six at a time. Written
//! are modules as they are, without a tool to build them; each becomes a function here, run when it is first imported.
//! `host/tests/all/page/modules.rs` sees to it that they keep to the forms, and that none imports itself by a detour.

use std::collections::BTreeSet;

const BEGIN: &str = "const made = {}, $ = (name) => made[name] ?? (modules[name](made[name] = {}), made[name]);\nconst modules = {\n";

/// `first` and all that it imports, now or later, as one module; `text` gives a module's source by its name.
pub(super) fn script(first: &str, text: impl Fn(&str) -> &'static str) -> String {
    let mut bundle = BEGIN.to_owned();
    let mut found = BTreeSet::new();
    let mut open = vec![first.to_owned()];
    while let Some(name) = open.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        let mut exports = Vec::new();
        bundle.push_str(&format!("\"{name}\": ($exports) => {{\n"));
        for line in text(&name).lines() {
            bundle.push_str(&module_line(line, &mut exports, &mut open));
            bundle.push('\n');
        }
        bundle.push_str(&format!(
            "Object.assign($exports, {{ {} }});\n}},\n",
            exports.join(", ")
        ));
    }
    bundle.push_str(&format!("}};\n$(\"{first}\");\n"));
    bundle
}

/// One line of a module as a line of its function; notes what it exports and imports.
fn module_line(line: &str, exports: &mut Vec<String>, imports: &mut Vec<String>) -> String {
    if let Some((what, name)) = import(line) {
        imports.push(name.to_owned());
        return format!("const {what} = $(\"{name}\");");
    }
    if let Some((before, rest)) = line.split_once("import(\"./")
        && let Some((name, after)) = rest.split_once("\")")
    {
        imports.push(name.to_owned());
        return format!("{before}Promise.resolve().then(() => $(\"{name}\")){after}");
    }
    let Some(declared) = line.strip_prefix("export ") else {
        return line.to_owned();
    };
    let words = declared.split(|one: char| !(one.is_alphanumeric() || one == '_' || one == '$'));
    let kinds = ["async", "function", "class", "const", ""];
    exports.extend(
        words
            .into_iter()
            .find(|word| !kinds.contains(word))
            .map(str::to_owned),
    );
    declared.to_owned()
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
        let script = script("app.js", |name| match name {
            "app.js" => {
                "// The first.\nimport { half as part, TWO } from \"./sum.js\";\nimport * as late from \"./late.js\";\n\nconst later = await import(\"./later.js\");\n"
            }
            "sum.js" => "export const TWO = 2;\nexport function half(x) {\n  return x / TWO;\n}\n",
            "late.js" => "export async function wait() {}\nexport class Late extends Error {}\n",
            _ => "",
        });
        for part in [
            "const { half: part, TWO } = $(\"sum.js\");\nconst late = $(\"late.js\");\n",
            "const later = await Promise.resolve().then(() => $(\"later.js\"));\n",
            "const TWO = 2;\nfunction half(x) {\n  return x / TWO;\n}\nObject.assign($exports, { TWO, half });\n",
            "Object.assign($exports, { wait, Late });",
            "\"later.js\": ($exports) => {",
        ] {
            assert!(script.contains(part), "{part} is not in {script}");
        }
        assert!(script.ends_with("};\n$(\"app.js\");\n"), "{script}");
    }
}
