//! The operators that replace or complete tract's, by their ONNX names.
//! Must not know models or plans.

mod activation;
mod arithmetic;
mod cast;
mod celu;
mod cum_sum;
mod equal;
mod flatten;
mod fused;
mod gemm;
mod log_softmax;
mod loss;
mod mask;
mod ml;
mod one_hot;
mod pad;
mod places;
mod pool;
mod quantize;
mod recurrent;
mod reduce;
mod resize;
mod size;

pub(super) use self::activation::GELU;
pub(super) use self::fused::{ATTENTION, FUSED_GELU, LINEAR, NORM, QUANTISED, SUM, is_exact};
pub(super) use self::mask::MASK;
pub(super) use self::places::PLACES;
pub(super) use self::pool::{AVERAGE, MAX};
pub(super) use self::quantize::REQUANTIZE;
pub(super) use self::resize::CORNERS;

use super::kernel::Builder;
use tract_onnx::model::OnnxOpRegister;

const OPERATORS: &[(&str, Builder)] = &[
    ("Add", arithmetic::add),
    ("ArgMax", reduce::arg),
    ("ArgMin", reduce::arg),
    ("ArrayFeatureExtractor", ml::array_feature_extractor),
    ("Binarizer", ml::binarizer),
    ("Cast", cast::cast),
    ("Celu", celu::celu),
    ("Concat", size::concat),
    ("CumSum", cum_sum::cum_sum),
    ("DequantizeLinear", quantize::dequantize_linear),
    ("Div", arithmetic::div),
    ("DynamicQuantizeLinear", quantize::dynamic_quantize_linear),
    ("Equal", equal::equal),
    ("FastGelu", activation::fast_gelu),
    ("Flatten", flatten::flatten),
    ("FeatureVectorizer", ml::feature_vectorizer),
    ("GRU", recurrent::gru),
    ("Gemm", gemm::gemm),
    ("Greater", size::greater),
    ("GreaterOrEqual", size::greater_or_equal),
    ("Imputer", ml::imputer),
    ("LSTM", recurrent::lstm),
    ("LabelEncoder", ml::label_encoder),
    ("Less", size::less),
    ("LessOrEqual", size::less_or_equal),
    ("LinearClassifier", ml::linear_classifier),
    ("LinearRegressor", ml::linear_regressor),
    ("LogSoftmax", log_softmax::log_softmax),
    ("LpPool", pool::lp),
    ("Max", size::largest),
    ("Min", size::least),
    ("Mish", activation::mish),
    ("Mul", arithmetic::mul),
    ("NegativeLogLikelihoodLoss", loss::negative_log_likelihood),
    ("Normalizer", ml::normalizer),
    ("OneHot", one_hot::one_hot),
    ("OneHotEncoder", ml::one_hot_encoder),
    ("Pad", pad::pad),
    ("Pow", arithmetic::pow),
    ("QuantizeLinear", quantize::quantize_linear),
    ("QuickGelu", activation::quick_gelu),
    ("RNN", recurrent::rnn),
    ("ReduceL1", reduce::reduce),
    ("ReduceL2", reduce::reduce),
    ("ReduceLogSum", reduce::reduce),
    ("ReduceLogSumExp", reduce::reduce),
    ("ReduceMax", reduce::reduce),
    ("ReduceMean", reduce::reduce),
    ("ReduceMin", reduce::reduce),
    ("ReduceProd", reduce::reduce),
    ("ReduceSum", reduce::reduce),
    ("ReduceSumSquare", reduce::reduce),
    ("SVMClassifier", ml::svm_classifier),
    ("SVMRegressor", ml::svm_regressor),
    ("Scaler", ml::scaler),
    ("Sigmoid", activation::sigmoid),
    ("SoftmaxCrossEntropyLoss", loss::softmax_cross_entropy),
    ("Softplus", activation::softplus),
    ("Sub", arithmetic::sub),
    ("Tanh", activation::tanh),
    ("TreeEnsemble", ml::tree_ensemble),
    ("TreeEnsembleClassifier", ml::tree_ensemble_classifier),
    ("TreeEnsembleRegressor", ml::tree_ensemble_regressor),
    ("Where", size::either),
    (ATTENTION, fused::attention),
    (AVERAGE, pool::average),
    (CORNERS, resize::corners),
    (FUSED_GELU, fused::gelu),
    (GELU, activation::tanh_gelu),
    (LINEAR, fused::linear),
    (MASK, mask::mask),
    (MAX, pool::max),
    (NORM, fused::norm),
    (PLACES, places::places),
    (QUANTISED, fused::quantised_linear),
    (REQUANTIZE, quantize::requantize),
    (SUM, fused::sum),
];

/// Puts our operators over tract's.
pub(super) fn register(operators: &mut OnnxOpRegister) {
    for (name, builder) in OPERATORS {
        operators.insert(name, *builder);
    }
}
