//! A view behind one trait object, and its nodes behind another.

use std::any::{Any, TypeId};

use leptos::{
    attr::{Attribute, any_attribute::AnyAttribute},
    prelude::*,
    tachys::{
        hydration::Cursor,
        renderer::{
            Rndr,
            types::{Element, Node, Placeholder},
        },
        view::{Position, PositionState},
    },
};

/// Erases the type of a view that the server renders, like `into_any`. For every page and every
/// branch of a view.
pub fn sync_hydrated(view: impl IntoView + 'static) -> AnyView {
    Erased(Box::new(Typed::<_, true>(view))).into_any()
}

/// Erases the type of a view that the server never renders, so it needs no hydration: content
/// behind [`SignedInOnly`](super::super::signed_in_only::SignedInOnly), or content that depends on
/// an API response.
pub fn client_only(view: impl IntoView + 'static) -> AnyView {
    Erased(Box::new(Typed::<_, false>(view))).into_any()
}

trait Shown: Send {
    fn kind(&self) -> TypeId;
    fn build(self: Box<Self>) -> State;
    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> State;
    /// `nodes` are those of a view of the same kind.
    fn rebuild(self: Box<Self>, nodes: &mut dyn Any);
}

/// Without the code of `hydrate` when `HYDRATED` is false.
struct Typed<T, const HYDRATED: bool>(T);

impl<T: IntoView + 'static, const HYDRATED: bool> Shown for Typed<T, HYDRATED> {
    fn kind(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn build(self: Box<Self>) -> State {
        State::of::<T>(Box::new(self.0.build()), (!T::EXISTS).then(Rndr::create_placeholder))
    }

    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> State {
        if !HYDRATED {
            return self.build();
        }
        let nodes = Box::new(self.0.hydrate::<true>(cursor, position));
        State::of::<T>(nodes, (!T::EXISTS).then(|| cursor.next_placeholder(position)))
    }

    fn rebuild(self: Box<Self>, nodes: &mut dyn Any) {
        if let Some(nodes) = nodes.downcast_mut() {
            self.0.rebuild(nodes);
        }
    }
}

trait Nodes: Mountable {
    fn as_any(&mut self) -> &mut dyn Any;
}

impl<N: Mountable + 'static> Nodes for N {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

struct State {
    kind: TypeId,
    nodes: Box<dyn Nodes>,
    /// `AnyView` of the server writes one after a view that may have no nodes.
    placeholder: Option<Placeholder>,
}

impl State {
    fn of<T: 'static>(nodes: Box<dyn Nodes>, placeholder: Option<Placeholder>) -> Self {
        Self { kind: TypeId::of::<T>(), nodes, placeholder }
    }
}

impl Mountable for State {
    fn unmount(&mut self) {
        self.nodes.unmount();
        if let Some(placeholder) = &mut self.placeholder {
            placeholder.unmount();
        }
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        self.nodes.mount(parent, marker);
        if let Some(placeholder) = &mut self.placeholder {
            placeholder.mount(parent, marker);
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.nodes.insert_before_this(child)
            || self.placeholder.as_ref().is_some_and(|placeholder| placeholder.insert_before_this(child))
    }

    fn elements(&self) -> Vec<Element> {
        self.nodes.elements()
    }
}

struct Erased(Box<dyn Shown>);

impl Render for Erased {
    type State = State;

    fn build(self) -> State {
        self.0.build()
    }

    /// Changes the nodes of a view of the same type, and replaces those of another.
    fn rebuild(self, state: &mut State) {
        if self.0.kind() == state.kind {
            return self.0.rebuild(state.nodes.as_any());
        }
        let mut new = self.0.build();
        state.insert_before_this(&mut new);
        state.unmount();
        *state = new;
    }
}

impl AddAnyAttr for Erased {
    type Output<A: Attribute> = Self;

    fn add_any_attr<A: Attribute>(self, _attribute: A) -> Self {
        unreachable!("it is inside an `AnyView`, which keeps its attributes itself")
    }
}

impl RenderHtml for Erased {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {
        unreachable!("the server writes HTML")
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> State {
        self.0.hydrate(cursor, position)
    }

    fn into_owned(self) -> Self {
        self
    }
}
