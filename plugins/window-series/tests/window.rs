//! What the model gets for a request: windows, padding, gaps, scale, covariates, calendar and events.

mod common;

use common::{Plugin, with};
use serde_json::{Value, json};

fn request(inputs: Value) -> Value {
    json!({"inputs": inputs})
}

#[test]
fn a_long_series_is_cut_to_its_last_steps() {
    let plugin = Plugin::new(with(|c| c["past"]["channels"] = json!(["target"])));
    let past = plugin.tensor("past", &request(json!({"series": [1, 2, 3, 4, 5, 6]})));
    assert_eq!(past, ([1, 4, 1].to_vec(), vec![3.0, 4.0, 5.0, 6.0]));
}

#[test]
fn a_short_series_is_padded_on_the_left_with_zeros_in_every_channel() {
    let plugin = Plugin::new(with(|c| {
        c["past"]["channels"] = json!(["target", "observed", "dated", "calendar:month"]);
    }));
    let (_, past) = plugin.tensor(
        "past",
        &request(json!({"series": [7, 8], "start": "2017-10-25"})),
    );
    assert_eq!(past[..8], [0.0; 8]);
    assert_eq!(past[8..], [7.0, 1.0, 1.0, 10.0, 8.0, 1.0, 1.0, 10.0]);
}

#[test]
fn a_gap_is_zero_and_not_observed() {
    let plugin = Plugin::new(with(|c| {
        c["past"]["channels"] = json!(["target", "observed"])
    }));
    let (_, past) = plugin.tensor("past", &request(json!({"series": [1, null, 0, 4]})));
    assert_eq!(past, [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 4.0, 1.0]);
}

#[test]
fn the_target_is_divided_by_the_mean_of_what_was_observed() {
    let plugin = Plugin::new(with(|c| {
        c["scale"] = json!({"by": "mean", "over": 3, "floor": 1.0});
        c["static"] = json!({"tensor": "static", "channels": ["log_scale", "dated"]});
    }));
    let request = request(json!({"series": [100, 2, null, 6]}));
    let (_, past) = plugin.tensor("past", &request);
    assert_eq!(past, [25.0, 0.5, 0.0, 1.5]);
    let (shape, fixed) = plugin.tensor("static", &request);
    assert_eq!((shape, fixed), (vec![1, 2], vec![4.0_f64.ln() as f32, 0.0]));
    assert_eq!(plugin.forecast(&request)["items"][0]["scale"], json!(4.0));
}

#[test]
fn the_scale_looks_further_back_than_the_window_where_it_is_told_to() {
    let plugin = Plugin::new(with(|c| {
        c["scale"] = json!({"by": "mean", "over": 6, "floor": 1.0})
    }));
    let (_, past) = plugin.tensor("past", &request(json!({"series": [10, 10, 1, 1, 1, 1]})));
    assert_eq!(past, [0.25; 4]);
}

#[test]
fn the_scale_is_never_less_than_its_floor() {
    let plugin = Plugin::new(with(|c| {
        c["scale"] = json!({"by": "mean", "over": 2, "floor": 2.0})
    }));
    for (series, expected) in [
        (json!([0, 0, 0, 0]), [0.0; 4]),
        (json!([4, 4, null, null]), [2.0, 2.0, 0.0, 0.0]),
        (json!([-4, -4, -4, -4]), [-2.0; 4]),
    ] {
        assert_eq!(
            plugin.tensor("past", &request(json!({"series": series}))).1,
            expected
        );
    }
}

#[test]
fn covariates_are_raw_values_with_a_flag_for_what_is_known() {
    let plugin = Plugin::new(with(|c| {
        c["covariates"] = json!(["display"]);
        c["past"]["channels"] = json!(["covariate:display", "known:display"]);
        c["future"] =
            json!({"tensor": "future", "channels": ["covariate:display", "known:display"]});
    }));
    let request = request(json!({
        "series": [1, 2, 3, 4],
        "past": {"display": [9, 10, null, 12]},
        "future": {"display": [0, 5]},
    }));
    let (_, past) = plugin.tensor("past", &request);
    assert_eq!(past, [9.0, 1.0, 10.0, 1.0, 0.0, 0.0, 12.0, 1.0]);
    let (shape, future) = plugin.tensor("future", &request);
    assert_eq!(shape, [1, 3, 2]);
    assert_eq!(
        future,
        [0.0, 1.0, 5.0, 1.0, 0.0, 0.0],
        "the tail that is missing is unknown"
    );
}

#[test]
fn past_covariates_are_cut_with_the_series() {
    let plugin = Plugin::new(with(|c| {
        c["covariates"] = json!(["display"]);
        c["past"]["channels"] = json!(["covariate:display"]);
    }));
    let inputs = json!({"series": [1, 2, 3, 4, 5], "past": {"display": [1, 2, 3, 4, 5]}});
    assert_eq!(
        plugin.tensor("past", &request(inputs)).1,
        [2.0, 3.0, 4.0, 5.0]
    );
}

#[test]
fn the_future_begins_the_day_after_the_last_value() {
    let plugin = Plugin::new(with(|c| {
        let channels = json!([
            "dated",
            "calendar:day_of_week",
            "calendar:day_of_month",
            "calendar:month",
            "calendar:day_of_year",
        ]);
        c["past"]["channels"] = channels.clone();
        c["future"] = json!({"tensor": "future", "channels": channels});
    }));
    let request = request(json!({"series": [1, 2], "start": "2016-12-29"}));
    let (_, past) = plugin.tensor("past", &request);
    assert_eq!(
        past[10..],
        [1.0, 3.0, 29.0, 12.0, 364.0, 1.0, 4.0, 30.0, 12.0, 365.0]
    );
    let (_, future) = plugin.tensor("future", &request);
    assert_eq!(
        future,
        [
            1.0, 5.0, 31.0, 12.0, 366.0, 1.0, 6.0, 1.0, 1.0, 1.0, 1.0, 0.0, 2.0, 1.0, 2.0
        ]
    );
    let dates = &plugin.forecast(&request)["items"][0]["dates"];
    assert_eq!(*dates, json!(["2016-12-31", "2017-01-01", "2017-01-02"]));
}

#[test]
fn weekly_steps_are_seven_days_apart() {
    let plugin = Plugin::new(with(|c| {
        c["frequency"] = json!("W");
        c["events"] = json!({"sale": ["11-23"]});
        c["event_window"] = json!(1);
        c["future"] = json!({"tensor": "future", "channels": ["event:sale", "before:sale", "calendar:day_of_month"]});
    }));
    let request = request(json!({"series": [1, 2], "start": "2017-10-30", "frequency": "W"}));
    let dates = &plugin.forecast(&request)["items"][0]["dates"];
    assert_eq!(*dates, json!(["2017-11-13", "2017-11-20", "2017-11-27"]));
    let (_, future) = plugin.tensor("future", &request);
    assert_eq!(future, [0.0, 0.5, 13.0, 1.0, 1.0, 20.0, 0.0, 0.0, 27.0]);
}

#[test]
fn without_a_start_every_calendar_and_event_channel_is_zero() {
    let plugin = Plugin::new(with(|c| {
        c["events"] = json!({"always": ["easter"]});
        c["event_window"] = json!(3);
        c["future"] = json!({"tensor": "future", "channels": [
            "dated", "calendar:day_of_week", "calendar:month", "event:always", "before:always", "after:always",
        ]});
    }));
    let request = request(json!({"series": [1, 2]}));
    assert_eq!(plugin.tensor("future", &request).1, [0.0; 18]);
    assert_eq!(plugin.forecast(&request)["items"][0]["dates"], Value::Null);
}

/// Around the three kinds of moving holidays: event, before and after, with a window of 3 days.
#[test]
fn events_are_felt_before_and_after_their_day() {
    let plugin = Plugin::new(with(|c| {
        c["horizon"] = json!(9);
        c["event_window"] = json!(3);
        c["events"] = json!({"holiday": ["11-Thu#4", "05-Mon#-1", "easter"]});
        c["future"] = json!({"tensor": "future", "channels": ["event:holiday", "before:holiday", "after:holiday"]});
    }));
    for holiday in ["2017-11-23", "2017-05-29", "2017-04-16"] {
        let (year_and_month, day) = holiday.split_at(8);
        let day: u32 = day.parse().expect("a day");
        // One value six days ahead of the holiday, so that the forecast begins five days ahead.
        let start = format!("{year_and_month}{:02}", day - 6);
        let request = request(json!({"series": [1], "start": start}));
        let (_, future) = plugin.tensor("future", &request);
        let channel = |i: usize| {
            future
                .iter()
                .skip(i)
                .step_by(3)
                .copied()
                .collect::<Vec<_>>()
        };
        assert_eq!(
            channel(0),
            [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0],
            "{holiday}"
        );
        assert_eq!(
            channel(1),
            [0.0, 0.0, 0.25, 0.5, 0.75, 1.0, 0.0, 0.0, 0.0],
            "{holiday}"
        );
        assert_eq!(
            channel(2),
            [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.75, 0.5, 0.25],
            "{holiday}"
        );
    }
}

#[test]
fn an_event_outside_the_window_is_felt_inside_it_and_over_the_end_of_a_year() {
    let plugin = Plugin::new(with(|c| {
        c["horizon"] = json!(2);
        c["event_window"] = json!(3);
        c["events"] = json!({"holiday": ["01-01", "2016-12-26"]});
        c["past"]["channels"] = json!(["after:holiday"]);
        c["future"] = json!({"tensor": "future", "channels": ["before:holiday"]});
    }));
    let request = request(json!({"series": [1], "start": "2016-12-28"}));
    assert_eq!(plugin.tensor("past", &request).1, [0.0, 0.0, 0.0, 0.5]);
    assert_eq!(plugin.tensor("future", &request).1, [0.25, 0.5]);
}

#[test]
fn a_leap_day_is_an_event_only_in_leap_years() {
    let plugin = Plugin::new(with(|c| {
        c["horizon"] = json!(2);
        c["events"] = json!({"leap": ["02-29"]});
        c["future"] =
            json!({"tensor": "future", "channels": ["event:leap", "calendar:day_of_month"]});
    }));
    let future = |start: &str| {
        plugin
            .tensor("future", &request(json!({"series": [1], "start": start})))
            .1
    };
    assert_eq!(future("2016-02-28"), [1.0, 29.0, 0.0, 1.0]);
    assert_eq!(future("2017-02-28"), [0.0, 1.0, 0.0, 2.0]);
}

#[test]
fn a_batch_is_one_row_an_item_and_no_row_depends_on_another() {
    let plugin = Plugin::new(with(|c| {
        c["static"] = json!({"tensor": "static", "channels": ["dated"]});
    }));
    let items = [
        json!({"series": [1, 2, 3, 4, 5], "item": "a", "start": "2017-01-01"}),
        json!({"series": [9], "item": "b"}),
    ];
    let batch = request(json!(items));
    for name in ["past", "static"] {
        let (shape, rows) = plugin.tensor(name, &batch);
        assert_eq!(shape[0], 2);
        let alone: Vec<f32> = items
            .iter()
            .flat_map(|item| plugin.tensor(name, &request(item.clone())).1)
            .collect();
        assert_eq!(rows, alone);
    }
    let forecast = plugin.forecast(&batch);
    assert_eq!(forecast["items"][0]["item"], json!("a"));
    assert_eq!(
        forecast["items"][1],
        json!({"item": "b", "scale": 1.0, "dates": null})
    );
}

#[test]
fn a_shorter_horizon_shortens_the_answer_and_not_the_models_input() {
    let plugin = Plugin::new(with(|c| {
        c["future"] = json!({"tensor": "future", "channels": ["dated"]});
    }));
    let inputs = json!({"series": [1], "start": "2017-01-01"});
    for horizon in [json!(2), json!(2.0)] {
        let request =
            json!({"inputs": inputs, "parameters": {"horizon": horizon, "quantiles": [0.5]}});
        assert_eq!(plugin.tensor("future", &request).0, [1, 3, 1]);
        let forecast = plugin.forecast(&request);
        assert_eq!(forecast["horizon"], json!(2));
        assert_eq!(
            forecast["items"][0]["dates"],
            json!(["2017-01-02", "2017-01-03"])
        );
    }
}
