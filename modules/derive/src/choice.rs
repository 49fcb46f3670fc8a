//! `#[derive(Choice)]`: an enum of unit variants as an argument that takes one of a few words.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Error, Fields, LitStr, Result, Token};

/// The impls of `Choice` and `FromArg`.
pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let Data::Enum(data) = &input.data else {
        return Err(Error::new_spanned(name, "Choice is for enums"));
    };
    let (mut all, mut parse, mut show) = (Vec::new(), Vec::new(), Vec::new());
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(Error::new_spanned(variant, "a choice carries no fields"));
        }
        let ident = &variant.ident;
        let mut words = Vec::new();
        for attr in variant.attrs.iter().filter(|a| a.path().is_ident("choice")) {
            let list = attr.parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated)?;
            words.extend(list.iter().map(LitStr::value));
        }
        if words.is_empty() {
            words.push(snake(&ident.to_string()));
        }
        let first = words.first().cloned().unwrap_or_default();
        show.push(quote!(Self::#ident => #first,));
        parse.push(quote!(#(#words)|* => Some(Self::#ident),));
        all.extend(words);
    }
    Ok(quote! {
        impl ::impel_modules::args::Choice for #name {
            const NAMES: &'static [&'static str] = &[#(#all),*];
            fn name(self) -> &'static str {
                match self { #(#show)* }
            }
            fn named(word: &str) -> Option<Self> {
                match word { #(#parse)* _ => None }
            }
        }
        impl ::impel_modules::args::FromArg for #name {
            fn kind() -> ::impel_modules::args::Kind { ::impel_modules::args::Kind::Str }
            fn choices() -> &'static [&'static str] { <Self as ::impel_modules::args::Choice>::NAMES }
            fn from_arg(value: ::impel_modules::Data, argument: &str)
                -> ::core::result::Result<Self, ::impel_modules::Fault> {
                ::impel_modules::args::choose(&value, argument)
            }
        }
    })
}

fn snake(word: &str) -> String {
    let mut out = String::new();
    for (i, c) in word.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
