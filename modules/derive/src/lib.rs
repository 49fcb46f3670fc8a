//! The `Args` derive: a module's typed arguments from Ansible's loosely typed ones; and `Choice` for its enums.

mod args;
mod choice;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Gives a struct its schema and the way from a map of arguments to it.
///
/// On the struct: `#[args(mutually_exclusive("a", "b"), required_together("a", "b"), required_one_of("a", "b"),
/// required_if("state", "present", all("a", "b")), required_if("state", "x", any("a", "b")),
/// required_by("a", needs("b")))]`, each as often as needed.
///
/// On a field: `#[arg(alias("dest", "name"), default = "x", required, no_log, choices("a", "b"), kind = "bytes",
/// name = "type", flatten)]`. A field whose type is not `Option`, has no default and is not `required` is required
/// all the same.
#[proc_macro_derive(Args, attributes(args, arg))]
pub fn derive_args(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    args::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an enum of unit variants an argument with choices, named in snake case or by `#[choice("name", "alias")]`
/// (an alias is accepted and listed as a choice of its own).
#[proc_macro_derive(Choice, attributes(choice))]
pub fn derive_choice(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    choice::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
