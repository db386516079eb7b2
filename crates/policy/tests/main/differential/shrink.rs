//! A case on which two readings differ, made as small as it can be while they still do.

use serde_json::Value;

/// Drops policies, statements and conditions from a setup for as long as `differs` stays true.
pub(crate) fn shrink(setup: &Value, differs: &dyn Fn(&Value) -> bool) -> Value {
    let mut small = setup.clone();
    loop {
        let smaller = cuts(&small, String::new()).iter().find_map(|at| {
            let mut cut = small.clone();
            remove(&mut cut, at);
            differs(&cut).then_some(cut)
        });
        match smaller {
            Some(smaller) => small = smaller,
            None => return small,
        }
    }
}

/// JSON pointers to everything that a setup may lack and still be one.
fn cuts(value: &Value, at: String) -> Vec<String> {
    let mut found = Vec::new();
    let may_go = |name: &str| match name {
        "Condition" | "attached" | "service_control" | "resource_control" | "vpc_endpoint" => true,
        "boundary" | "identity" => true,
        _ => at.starts_with("/attached") && at.matches('/').count() == 1,
    };
    for (name, inner) in value.as_object().into_iter().flatten() {
        let here = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        if may_go(name) {
            found.push(here.clone());
        }
        found.extend(cuts(inner, here));
    }
    let list = value.as_array().map_or(&[][..], Vec::as_slice);
    for (index, inner) in list.iter().enumerate() {
        let here = format!("{at}/{index}");
        if list.len() > 1 {
            found.push(here.clone());
        }
        found.extend(cuts(inner, here));
    }
    found
}

fn remove(setup: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/").replace("~0", "~");
    match setup.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(&name)),
        Some(Value::Array(list)) => drop(list.remove(name.parse().unwrap())),
        _ => {}
    }
}
