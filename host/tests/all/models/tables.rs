//! Operators of `ai.onnx.ml` on tables: what onnxruntime gives for the same.
//! Must not know how a model is planned.

use super::numbers::{i64s, made, number, wholes};
use super::*;

#[test]
fn a_support_vector_machine_tells_two_classes_apart() {
    let machine = |outputs: &[&str]| NodeProto {
        output: outputs.iter().map(|name| (*name).to_owned()).collect(),
        attribute: vec![
            wholes("classlabels_ints", &[5, 9]),
            wholes("vectors_per_class", &[1, 1]),
            fractions("support_vectors", &[1.0, -1.0]),
            fractions("coefficients", &[1.0, -1.0]),
            fractions("rho", &[0.5]),
        ],
        ..of_tables("SVMClassifier", &["x"])
    };
    let given = [floats("x", &[2, 1], &[2.0, -3.0])];
    let labels = made(machine(&["y", "scores"]), &given);
    assert_eq!(labels, i64s("y", &[2], &[5, 9]));
    let scores = made(machine(&["labels", "y"]), &given);
    let expected = floats("y", &[2, 2], &[-4.5, 4.5, 5.5, -5.5]);
    assert_eq!(scores, expected);
}

#[test]
fn a_support_vector_machine_regresses() {
    let mut machine = of_tables("SVMRegressor", &["x"]);
    machine.attribute = vec![
        number("n_supports", 2),
        fractions("support_vectors", &[1.0, -1.0]),
        fractions("coefficients", &[3.0, 1.0]),
        fractions("rho", &[0.5]),
    ];
    let given = [floats("x", &[1, 1], &[2.0])];
    assert_eq!(made(machine, &given), floats("y", &[1, 1], &[4.5]));
}

#[test]
fn columns_become_other_columns() {
    let mut threshold = of_tables("Binarizer", &["x"]);
    threshold.attribute.push(AttributeProto {
        name: "threshold".to_owned(),
        r#type: AttributeType::Float as i32,
        f: 1.0,
        ..AttributeProto::default()
    });
    let given = [floats("x", &[1, 2], &[1.0, 2.0])];
    assert_eq!(made(threshold, &given), floats("y", &[1, 2], &[0.0, 1.0]));
    let mut imputer = of_tables("Imputer", &["x"]);
    imputer.attribute = vec![fractions("imputed_value_floats", &[7.0, 8.0])];
    let given = [floats("x", &[2, 2], &[0.0, 1.0, 2.0, 0.0])];
    let expected = floats("y", &[2, 2], &[7.0, 1.0, 2.0, 8.0]);
    assert_eq!(made(imputer, &given), expected);
    let mut beside = of_tables("FeatureVectorizer", &["x", "z"]);
    beside.attribute = vec![wholes("inputdimensions", &[1, 1])];
    let given = [
        floats("x", &[2, 1], &[1.0, 2.0]),
        i64s("z", &[2, 1], &[3, 4]),
    ];
    let expected = floats("y", &[2, 2], &[1.0, 3.0, 2.0, 4.0]);
    assert_eq!(made(beside, &given), expected);
}

#[test]
fn numbers_stand_for_others() {
    let mut labels = of_tables("LabelEncoder", &["x"]);
    labels.attribute = vec![
        wholes("keys_int64s", &[1, 2]),
        wholes("values_int64s", &[10, 20]),
    ];
    let given = [i64s("x", &[3], &[2, 1, 3])];
    assert_eq!(made(labels, &given), i64s("y", &[3], &[20, 10, -1]));
    let mut hot = of_tables("OneHotEncoder", &["x"]);
    hot.attribute = vec![wholes("cats_int64s", &[2, 3])];
    let expected = [1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    assert_eq!(made(hot, &given), floats("y", &[3, 2], &expected));
}

fn of_tables(operator: &str, inputs: &[&str]) -> NodeProto {
    NodeProto {
        domain: "ai.onnx.ml".to_owned(),
        ..node(operator, inputs, "y")
    }
}

fn fractions(name: &str, values: &[f32]) -> AttributeProto {
    AttributeProto {
        name: name.to_owned(),
        r#type: AttributeType::Floats as i32,
        floats: values.to_vec(),
        ..AttributeProto::default()
    }
}
