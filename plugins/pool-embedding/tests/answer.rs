//! What the caller is answered for a model's output.

mod common;

use common::{MEAN, MODULES, ask, context, encoder, hidden, init, plugin, port};
use modelhost_plugin::text::Form;
use modelhost_plugin::{Data, Postprocess, Tensor, Tensors};
use serde_json::{Value, json};

#[test]
fn one_text_is_one_flat_vector_and_a_list_is_a_list_of_them() {
    let plugin = plugin(json!(null));
    let outputs = || hidden([1, 2, 2], &[1.0, 2.0, 3.0, 6.0]);
    let one = ask(
        &plugin,
        outputs(),
        &context(Form::Single, &[(2, 0)]),
        &json!({}),
    );
    assert_eq!(one, json!([2.0, 4.0]));
    let list = ask(
        &plugin,
        outputs(),
        &context(Form::Batch, &[(2, 0)]),
        &json!({}),
    );
    assert_eq!(list, json!([[2.0, 4.0]]));
    let none = ask(
        &plugin,
        hidden([0, 2, 2], &[]),
        &context(Form::Batch, &[]),
        &json!({}),
    );
    assert_eq!(none, json!([]));
}

#[test]
fn padding_never_counts_on_either_side() {
    let data = [
        [1.0, 2.0, 3.0, 6.0, 900.0, 900.0],
        [900.0, 900.0, 5.0, 1.0, 7.0, 3.0],
        [900.0, 900.0, 8.0, 9.0, 900.0, 900.0],
    ];
    let context = context(Form::Batch, &[(2, 0), (2, 1), (1, 1)]);
    for (pooling, wanted) in [
        ("mean", json!([[2.0, 4.0], [6.0, 2.0], [8.0, 9.0]])),
        ("cls", json!([[1.0, 2.0], [5.0, 1.0], [8.0, 9.0]])),
        ("last", json!([[3.0, 6.0], [7.0, 3.0], [8.0, 9.0]])),
        ("max", json!([[3.0, 6.0], [7.0, 3.0], [8.0, 9.0]])),
    ] {
        let plugin = plugin(json!({"pooling": pooling}));
        let outputs = hidden([3, 3, 2], data.as_flattened());
        assert_eq!(
            ask(&plugin, outputs, &context, &json!({})),
            wanted,
            "{pooling}"
        );
    }
}

/// Proves that the vectors of a large batch are those of the same sums in double precision.
#[test]
fn vectors_are_the_mean_of_the_tokens_to_six_digits() {
    let (rows, tokens, width) = (3, 257, 384);
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let data: Vec<f32> = (0..rows * tokens * width).map(|_| random()).collect();
    let lengths = [(257, 0), (40, 0), (100, 157)];
    let outputs = vec![port("last_hidden_state", 3, Some(384))];
    let (plugin, _) = init(&json!({"normalize": true}), &[], outputs).expect("right");
    let outputs = hidden([rows, tokens, width], &data);
    let answer = ask(
        &plugin,
        outputs,
        &context(Form::Batch, &lengths),
        &json!({}),
    );
    for (row, (length, skip)) in lengths.into_iter().enumerate() {
        let first = row * tokens + skip as usize;
        let mean = |i: usize| -> f64 {
            let column = (first..first + length).map(|token| f64::from(data[token * width + i]));
            column.sum::<f64>() / length as f64
        };
        let mean: Vec<f64> = (0..width).map(mean).collect();
        let norm = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
        for (i, x) in mean.iter().enumerate() {
            let got = answer[row][i].as_f64().expect("a number");
            assert!(
                (got - x / norm).abs() < 1e-6,
                "{row} {i}: {got} {}",
                x / norm
            );
        }
    }
}

#[test]
fn the_repositorys_files_say_pooling_and_normalisation_and_the_manifest_overrides_them() {
    let files = [("modules.json", MODULES), ("1_Pooling/config.json", MEAN)];
    let answer = |config: Value, parameters: Value| {
        let (plugin, _) = init(&config, &files, encoder()).expect("right");
        let outputs = hidden([1, 2, 2], &[3.0, 4.0, 9.0, 12.0]);
        ask(
            &plugin,
            outputs,
            &context(Form::Single, &[(2, 0)]),
            &parameters,
        )
    };
    assert_eq!(answer(json!({}), json!({})), json!([0.6, 0.8]));
    assert_eq!(
        answer(json!({"normalize": false}), json!({})),
        json!([6.0, 8.0])
    );
    assert_eq!(
        answer(json!({"pooling": "cls", "normalize": false}), json!({})),
        json!([3.0, 4.0])
    );
    assert_eq!(
        answer(json!({}), json!({"normalize": false})),
        json!([6.0, 8.0])
    );
    let asked = json!({"normalize": true, "truncate": true});
    assert_eq!(
        answer(json!({"normalize": false}), asked),
        json!([0.6, 0.8])
    );
}

#[test]
fn fewer_dimensions_are_cut_before_they_are_normalised() {
    let plugin = plugin(json!({}));
    let ask = |parameters: Value| {
        let outputs = hidden([1, 1, 2], &[3.0, 4.0]);
        ask(
            &plugin,
            outputs,
            &context(Form::Single, &[(1, 0)]),
            &parameters,
        )
    };
    assert_eq!(ask(json!({"dimensions": 1})), json!([3.0]));
    assert_eq!(
        ask(json!({"dimensions": 1, "normalize": true})),
        json!([1.0])
    );
    assert_eq!(
        ask(json!({"dimensions": 2, "normalize": true})),
        json!([0.6, 0.8])
    );
}

#[test]
fn a_source_with_sentences_is_its_cosine_with_each() {
    let plugin = plugin(json!({}));
    let data = [2.0, 0.0, 0.0, 5.0, 3.0, 0.0, -1.0, 1.0];
    let rows = context(Form::Similarity, &[(1, 0); 4]);
    let answer = ask(&plugin, hidden([4, 1, 2], &data), &rows, &json!({}));
    assert_eq!(answer[0], 0.0);
    assert_eq!(answer[1], 1.0);
    let third = answer[2].as_f64().expect("a number");
    assert!((third + 0.5_f64.sqrt()).abs() < 1e-6, "{third}");
    assert_eq!(answer.as_array().map(Vec::len), Some(3));
    let alone = context(Form::Similarity, &[(1, 0)]);
    assert_eq!(
        ask(&plugin, hidden([1, 1, 2], &[1.0, 1.0]), &alone, &json!({})),
        json!([])
    );
}

#[test]
fn numbers_are_written_as_the_shortest_decimal_of_a_float() {
    let outputs = hidden([1, 1, 2], &[0.1, -1.5e-7]);
    let text = plugin(json!({})).run(outputs, &context(Form::Single, &[(1, 0)]), "{}");
    assert_eq!(text.expect("an answer"), "[0.1,-1.5e-7]");
}

#[test]
fn halves_are_read_as_floats_are() {
    let half = Tensor {
        shape: vec![1, 2, 2],
        data: Data::F16(vec![0x3c00, 0xc000, 0x4200, 0x4000]),
    };
    let outputs = Tensors(vec![("last_hidden_state".into(), half)]);
    let mut ports = encoder();
    ports[0].dtype = "f16".into();
    let (plugin, _) = init(&json!({}), &[], ports).expect("right");
    let rows = context(Form::Single, &[(2, 0)]);
    assert_eq!(ask(&plugin, outputs, &rows, &json!({})), json!([2.0, 0.0]));
}

#[test]
fn what_the_graph_has_pooled_itself_is_taken_as_it_is() {
    let vectors = |name: &str| {
        let tensor = Tensor::f32(&[2, 2], vec![3.0, 4.0, 0.0, 2.0]);
        Tensors(vec![(name.into(), tensor)])
    };
    let rows = context(Form::Batch, &[(2, 0), (1, 0)]);
    let wanted = json!([[3.0, 4.0], [0.0, 2.0]]);
    let dense = MODULES
        .replace("2_Normalize", "2_Dense")
        .replace("Normalize", "Dense");
    // Beside its tokens, and with a layer behind the pooling.
    let ports = vec![
        port("token_embeddings", 3, None),
        port("sentence_embedding", 2, None),
    ];
    let (plugin, _) = init(&json!({}), &[("modules.json", &dense)], ports).expect("right");
    assert_eq!(
        ask(&plugin, vectors("sentence_embedding"), &rows, &json!({})),
        wanted
    );
    // The only output that fits.
    let (plugin, _) = init(&json!({}), &[], vec![port("y", 2, None)]).expect("right");
    assert_eq!(ask(&plugin, vectors("y"), &rows, &json!({})), wanted);
    // Named.
    let named = json!({"tensor": "pooler_output"});
    let (plugin, _) = init(&named, &[], encoder()).expect("right");
    assert_eq!(
        ask(&plugin, vectors("pooler_output"), &rows, &json!({})),
        wanted
    );
    let (plugin, _) = init(
        &json!({"tensor": "y", "pooling": "none"}),
        &[],
        vec![port("y", 2, None), port("z", 2, None)],
    )
    .expect("right");
    assert_eq!(ask(&plugin, vectors("y"), &rows, &json!({})), wanted);
}

#[test]
fn a_text_without_tokens_is_zeros() {
    let plugin = plugin(json!({"normalize": true}));
    let rows = context(Form::Single, &[(0, 0)]);
    assert_eq!(
        ask(&plugin, hidden([1, 0, 2], &[]), &rows, &json!({})),
        json!([0.0, 0.0])
    );
}
