//! Type-erased views with synchronous hydration only: smaller WebAssembly. Leptos 0.8 compiles
//! three ways to start a view into every `AnyView`: `build`, `hydrate` and `hydrate_async`. The
//! third is a state machine for each erased view, needed only where server-rendered HTML waits for
//! lazily loaded code during hydration. That never happens here: the app starts with
//! `hydrate_from`, which does not call `hydrate_async`, and the only lazy-loaded content, a
//! [`LazyPage`](super::lazy_page::LazyPage) or a notice, is [`client_only`]: it is built in the
//! browser, never hydrated from HTML. `AnyView` stores a pointer to each of the three, so the
//! linker cannot drop the unused one; a view wrapped by [`sync_hydrated`] or [`client_only`] does
//! not contain it in the first place.

use leptos::{
    attr::{Attribute, any_attribute::AnyAttribute},
    prelude::*,
    tachys::{hydration::Cursor, ssr::StreamBuilder, view::Position, view::PositionState},
};

/// Erases the type of a view that the server renders, like `into_any`. For every page and every
/// branch of a view.
pub fn sync_hydrated(view: impl IntoView + 'static) -> AnyView {
    SyncHydrated::<_, true>(view).into_any()
}

/// Erases the type of a view that the server never renders, so it needs no hydration: content
/// behind [`SignedInOnly`](super::signed_in_only::SignedInOnly), or content that depends on an API
/// response.
pub fn client_only(view: impl IntoView + 'static) -> AnyView {
    SyncHydrated::<_, false>(view).into_any()
}

/// A wrapper without `hydrate_async`, and without `hydrate` when `HYDRATED` is false.
struct SyncHydrated<T, const HYDRATED: bool>(T);

impl<T: Render, const HYDRATED: bool> Render for SyncHydrated<T, HYDRATED> {
    type State = T::State;

    fn build(self) -> Self::State {
        self.0.build()
    }

    fn rebuild(self, state: &mut Self::State) {
        self.0.rebuild(state);
    }
}

impl<T: RenderHtml, const HYDRATED: bool> AddAnyAttr for SyncHydrated<T, HYDRATED> {
    type Output<A: Attribute> = SyncHydrated<T::Output<A>, HYDRATED>;

    fn add_any_attr<A: Attribute>(self, attribute: A) -> Self::Output<A>
    where
        Self::Output<A>: RenderHtml,
    {
        SyncHydrated(self.0.add_any_attr(attribute))
    }
}

/// Forwards everything except `hydrate_async`, whose default implementation calls `hydrate`.
impl<T: RenderHtml, const HYDRATED: bool> RenderHtml for SyncHydrated<T, HYDRATED> {
    type AsyncOutput = T::AsyncOutput;
    type Owned = SyncHydrated<T::Owned, HYDRATED>;

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
        if HYDRATED { self.0.hydrate::<FROM_SERVER>(cursor, position) } else { self.0.build() }
    }

    fn into_owned(self) -> Self::Owned {
        SyncHydrated(self.0.into_owned())
    }
}
