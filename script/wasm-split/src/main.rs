//! Splits the browser's program where a function is marked `#[wasm_split]`, as `cargo leptos build --split` does. The
//! library's own command line will not do: the program asks for its loader by name, and there that name cannot be chosen,
//! so it could hold no hash.

use std::path::Path;

use wasm_split_cli_support::{Options, transform};

/// The line is to be replaced by a hash, which is as long, inside the finished WASM.
const LOADER: &str = "./__wasm_split.______________________.js";

fn main() -> eyre::Result<()> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [input, main, folder, javascript] = args.as_slice() else {
        eyre::bail!("usage: two-tokens-wasm-split PROGRAM.wasm MAIN_PART.wasm FOLDER_OF_OTHER_PARTS MAIN_PART.js");
    };
    let input = std::fs::read(input)?;
    let mut options = Options::new(&input);
    options.main_out_path = Path::new(main);
    options.output_dir = Path::new(folder);
    options.main_module = javascript;
    options.link_name = LOADER;
    transform(options)?;
    Ok(())
}
