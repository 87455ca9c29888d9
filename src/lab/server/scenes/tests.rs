use std::collections::BTreeSet;
use std::time::Duration;

use super::glossary::{GLOSSARY, Term, find as find_form};
use super::*;
use crate::ui::pages::documents;

const NUMBERS: Numbers = Numbers {
    access: Duration::from_secs(900),
    idle: Duration::from_secs(7 * 86_400),
    absolute: Duration::from_secs(30 * 86_400),
    grace: Duration::from_secs(10),
    calls: 50,
};

/// Every text with the scene it stands in.
fn all_texts() -> Vec<(usize, Text)> {
    SCENES
        .iter()
        .enumerate()
        .flat_map(|(index, scene)| scene.texts().into_iter().map(move |text| (index, text)))
        .collect()
}

/// Where the scene of a term stands in the course.
fn place(term: &Term) -> usize {
    SCENES.iter().position(|scene| scene.id == term.scene).unwrap_or_else(|| panic!("{}: no such scene", term.id))
}

/// The terms of a text: those of several words first, so that "access token" is not "token".
fn terms_of(text: &str, lang: Lang) -> Vec<(usize, &'static Term)> {
    let mut forms: Vec<_> = GLOSSARY
        .iter()
        .enumerate()
        .flat_map(|(index, term)| term.forms(lang).map(move |form| (index, term, form)))
        .collect();
    forms.sort_by_key(|(.., form)| std::cmp::Reverse(form.len()));
    let mut rest = text.to_owned();
    let mut found = Vec::new();
    for (index, term, form) in forms {
        while let Some(at) = find_form(&rest, form) {
            rest.replace_range(at..at + form.len(), &"·".repeat(form.len() / 2 + 1)[..form.len() / 2 * 2]);
            found.push((index, term));
        }
    }
    found
}

#[test]
fn there_are_twelve_scenes_that_run_and_one_text() {
    let ids: BTreeSet<_> = SCENES.iter().map(|scene| scene.id).collect();
    assert_eq!(ids.len(), SCENES.len());
    assert_eq!(SCENES.iter().filter(|scene| !scene.run.is_empty()).count(), 12);
    let chapters: Vec<_> =
        SCENES.iter().map(|scene| Chapter::ALL.iter().position(|one| *one == scene.chapter)).collect();
    assert!(chapters.is_sorted(), "the chapters follow each other");
    let slug = |id: &str| id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    for scene in SCENES {
        assert!(slug(scene.id), "{}", scene.id);
        let steps: BTreeSet<_> = scene.run.iter().map(|step| step.id).collect();
        assert_eq!(steps.len(), scene.run.len(), "{}", scene.id);
        assert!(steps.iter().all(|id| slug(id)), "{steps:?}");
        assert!(scene.break_it.as_ref().is_none_or(|data| steps.contains(data.step)), "{}", scene.id);
        assert_eq!(scene.before.answers.iter().filter(|answer| answer.right).count(), 1, "{}", scene.id);
        assert!(scene.run.iter().all(|step| !step.tells.is_empty() && !step.expects.is_empty()), "{}", scene.id);
        assert!(!scene.limits.is_empty() && !scene.sources.is_empty(), "{}", scene.id);
    }
}

#[test]
fn no_sentence_has_more_than_25_words_in_any_language() {
    let meanings = GLOSSARY.iter().map(|term| (0, term.meaning));
    for (scene, text) in all_texts().into_iter().chain(meanings) {
        for lang in Lang::ALL {
            let words = text.with(&NUMBERS, lang);
            assert!(!words.contains(['{', '}']) && !words.contains("  "), "{words}");
            for sentence in words.split(['.', '?', '!']) {
                let count = sentence.split_whitespace().count();
                assert!(count <= 25, "{}: {count} words: {sentence}", SCENES[scene].id);
            }
        }
    }
}

#[test]
fn every_number_in_braces_is_one_of_the_configuration_and_no_other_number_is_named() {
    for (scene, text) in all_texts() {
        for lang in Lang::ALL {
            for (index, part) in text.raw(lang).split(['{', '}']).enumerate() {
                match index % 2 {
                    1 => assert!(NUMBERS.named(part, lang).is_some(), "{part}"),
                    _ => {
                        let digits: String = part.chars().filter(char::is_ascii_digit).collect();
                        assert!(["", "401", "403"].contains(&&*digits), "{}: {part}", SCENES[scene].id);
                    }
                }
            }
        }
    }
}

#[test]
fn no_term_stands_before_it_is_explained() {
    let mut early = Vec::new();
    let mut check = |scene: usize, text: &str, lang: Lang| {
        let late = terms_of(text, lang).into_iter().filter(|(_, term)| place(term) > scene);
        early.extend(late.map(|(_, term)| format!("{} uses {} of {}: {text}", SCENES[scene].id, term.id, term.scene)));
    };
    for (scene, text) in all_texts() {
        Lang::ALL.into_iter().for_each(|lang| check(scene, text.raw(lang), lang));
    }
    for (scene, data) in SCENES.iter().enumerate() {
        data.run.iter().flat_map(|step| step.tells).for_each(|sentence| check(scene, sentence, Lang::En));
    }
    for (index, term) in GLOSSARY.iter().enumerate() {
        for lang in Lang::ALL {
            let late = terms_of(term.meaning.raw(lang), lang).into_iter().filter(|(used, _)| *used > index);
            early.extend(late.map(|(_, other)| format!("{} is explained by {}", term.id, other.id)));
        }
    }
    assert!(early.is_empty(), "{early:#?}");
    assert!(GLOSSARY.iter().map(place).is_sorted(), "the glossary follows the course");
}

#[test]
fn every_abbreviation_and_every_status_is_in_the_glossary_and_every_term_is_used() {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for (scene, text) in all_texts() {
        for lang in Lang::ALL {
            let plain: String = text.raw(lang).split(['{', '}']).step_by(2).collect();
            used.extend(terms_of(&plain, lang).iter().map(|(_, term)| term.id));
            for word in plain.split(|letter: char| !letter.is_alphanumeric()) {
                let capitals = word.chars().filter(|letter| letter.is_uppercase()).count();
                let number = !word.is_empty() && word.chars().all(|letter| letter.is_ascii_digit());
                if capitals > 1 || number {
                    let known =
                        GLOSSARY.iter().any(|term| term.forms(lang).any(|form| find_form(form, word).is_some()));
                    assert!(known, "{}: {word} is not explained", SCENES[scene].id);
                }
            }
        }
    }
    let told = SCENES.iter().flat_map(|scene| scene.run).flat_map(|step| step.tells);
    used.extend(told.flat_map(|sentence| terms_of(sentence, Lang::En)).map(|(_, term)| term.id));
    for term in &GLOSSARY {
        assert!(used.contains(term.id), "nothing uses {}", term.id);
    }
}

#[test]
fn every_link_leads_somewhere() {
    for scene in SCENES {
        for source in scene.sources {
            match source {
                Source::Line { line, .. } => assert!(*line > 1),
                Source::Page { path, .. } => {
                    let (page, anchor) = path.split_once('#').unwrap_or((path, ""));
                    let address = [documents::DOCUMENTS, "/", page].concat();
                    assert!(documents::exists(&address), "{path}");
                    assert!(anchor.is_empty() || documents::has_heading(&address, anchor), "{path}");
                }
                Source::Standard { href, .. } => assert!(href.starts_with("https://"), "{href}"),
            }
        }
    }
}

#[test]
fn a_scene_is_sent_in_one_language() {
    for scene in SCENES {
        let [english, german] = Lang::ALL.map(|lang| scene.scene(&NUMBERS, lang, "/learn".to_owned()));
        assert_ne!(english.title, german.title);
        for texts in [&english, &german].map(|scene| serde_json::to_string(scene).unwrap()) {
            let links: Vec<&str> = texts.split("#word-").skip(1).filter_map(|rest| rest.split('\\').next()).collect();
            assert!(scene.run.is_empty() || links.len() > 2, "{}: {links:?}", scene.id);
            let once: std::collections::BTreeSet<_> = links.iter().collect();
            assert_eq!(once.len(), links.len(), "{}: a term is explained where it is read first", scene.id);
            assert_eq!(texts.matches("data-meaning").count(), links.len());
        }
        let json = serde_json::to_string(&english).unwrap();
        assert_eq!(serde_json::from_str::<Scene>(&json).unwrap(), english);
    }
}
