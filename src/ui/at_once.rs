//! Keeps the program small. Leptos 0.8 compiles three ways to bring a view to life: build it, take over the server's elements, and
//! take them over while parts of the program are still loading. The third is a state machine for every erased view, and
//! no page here loads parts later. A view passed through [`at_once`] has only the first two.

use leptos::{
    attr::{Attribute, any_attribute::AnyAttribute},
    prelude::*,
    tachys::{hydration::Cursor, ssr::StreamBuilder, view::Position, view::PositionState},
};

/// Erases a view's type, as `into_any` does; for every page and every branch.
pub fn at_once(view: impl IntoView + 'static) -> AnyView {
    AtOnce::<_, true>(view).into_any()
}

/// The same for what the server never renders, so that nothing is there to be taken over: what stands behind the guard of
/// protected pages, or comes with an answer of the API.
pub fn in_browser(view: impl IntoView + 'static) -> AnyView {
    AtOnce::<_, false>(view).into_any()
}

/// A view that may be TAKEN over from the server's elements, or only built.
struct AtOnce<T, const TAKEN: bool>(T);

impl<T: Render, const TAKEN: bool> Render for AtOnce<T, TAKEN> {
    type State = T::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

impl<T: RenderHtml, const TAKEN: bool> AddAnyAttr for AtOnce<T, TAKEN> {
    type Output<A: Attribute> = AtOnce<T::Output<A>, TAKEN>;

    fn add_any_attr<A: Attribute>(self, attribute: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        AtOnce(self.0.add_any_attr(attribute))
    }
}

/// `hydrate_async` is left out: the trait's own goes through `hydrate`.
impl<T: RenderHtml, const TAKEN: bool> RenderHtml for AtOnce<T, TAKEN> {
    type AsyncOutput = T::AsyncOutput;
    type Owned = AtOnce<T::Owned, TAKEN>;

    const MIN_LENGTH: usize = T::MIN_LENGTH;
    const EXISTS: bool = T::EXISTS;

    fn html_len(&self) -> usize {
        self.0.html_len()
    }

    fn dry_resolve(&mut self) {
        self.0.dry_resolve();
    }

    async fn resolve(self) -> Self::AsyncOutput {
        self.0.resolve().await
    }

    fn to_html_with_buf(
        self,
        html: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        attributes: Vec<AnyAttribute>,
    ) {
        self.0.to_html_with_buf(html, position, escape, mark_branches, attributes);
    }

    fn to_html_async_with_buf<const OUT_OF_ORDER: bool>(
        self,
        html: &mut StreamBuilder,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        attributes: Vec<AnyAttribute>,
    ) {
        self.0.to_html_async_with_buf::<OUT_OF_ORDER>(html, position, escape, mark_branches, attributes);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        if TAKEN { self.0.hydrate::<FROM_SERVER>(cursor, position) } else { self.0.build() }
    }

    fn into_owned(self) -> Self::Owned {
        AtOnce(self.0.into_owned())
    }
}
