//! `#[derive(Args)]`: a struct's fields as a module's arguments.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Field, Fields, Lit, LitStr, Meta, Result, Token, Type,
    parenthesized,
};

/// The impl of `Args`.
pub fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(name, "Args is for structs"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(name, "Args needs named fields"));
    };
    let doc = doc(&input.attrs);
    let rules = rules(&input.attrs)?;
    let (mut options, mut takes) = (Vec::new(), Vec::new());
    for field in &fields.named {
        let (option, take) = field_parts(field)?;
        options.push(option);
        takes.push(take);
    }
    Ok(quote! {
        impl ::impel_modules::args::Args for #name {
            fn schema() -> ::impel_modules::args::Schema {
                let mut schema = ::impel_modules::args::Schema::new(#doc);
                #(#options)*
                #(schema.rules.push(#rules);)*
                schema
            }
            fn take(map: &mut ::impel_modules::Map) -> ::core::result::Result<Self, ::impel_modules::Fault> {
                Ok(Self { #(#takes)* })
            }
        }
    })
}

/// What `#[arg(…)]` says of a field.
#[derive(Default)]
struct Said {
    name: Option<String>,
    aliases: Vec<String>,
    choices: Vec<String>,
    default: Option<Expr>,
    kind: Option<String>,
    required: bool,
    no_log: bool,
    flatten: bool,
}

fn field_parts(field: &Field) -> Result<(TokenStream, TokenStream)> {
    let Some(ident) = &field.ident else {
        return Err(Error::new_spanned(field, "Args needs named fields"));
    };
    let ty = &field.ty;
    let mut said = Said::default();
    for attr in field.attrs.iter().filter(|a| a.path().is_ident("arg")) {
        attr.parse_nested_meta(|meta| said.read(&meta))?;
    }
    if said.flatten {
        let option = quote!(schema.absorb(<#ty as ::impel_modules::args::Args>::schema()););
        let take = quote!(#ident: <#ty as ::impel_modules::args::Args>::take(map)?,);
        return Ok((option, take));
    }
    let name = said.name.unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_string());
    let doc = doc(&field.attrs);
    let Said { aliases, choices, default, kind, required, no_log, .. } = &mut Said { name: None, ..said };
    let default = default.as_ref().map(|d| quote!(option.default = Some(::impel_modules::Data::from(#d));));
    let choices = (!choices.is_empty()).then(|| quote!(option.choices = &[#(#choices),*];));
    let kind = match kind {
        Some(kind) => {
            let kind = match kind.as_str() {
                "str" => quote!(Str),
                "bytes" => quote!(Bytes),
                "bits" => quote!(Bits),
                "raw" => quote!(Raw),
                "jsonarg" | "json" => quote!(Json),
                "path" => quote!(Path),
                "int" => quote!(Int),
                _ => return Err(Error::new_spanned(field, "no such kind")),
            };
            Some(quote!(option.kind = ::impel_modules::args::Kind::#kind;))
        }
        None => None,
    };
    let no_log = no_log.then(|| quote!(option.no_log = true;));
    let needed = *required || (default.is_none() && !is_option(ty));
    let option = quote! {
        let mut option = ::impel_modules::args::Opt::of::<#ty>(#name, #doc);
        option.aliases = &[#(#aliases),*];
        option.required = #needed;
        #default #choices #kind #no_log
        schema.options.push(option);
    };
    Ok((option, quote!(#ident: ::impel_modules::args::take(map, #name)?,)))
}

impl Said {
    fn read(&mut self, meta: &ParseNestedMeta) -> Result<()> {
        if meta.path.is_ident("alias") {
            self.aliases = words(meta)?;
        } else if meta.path.is_ident("choices") {
            self.choices = words(meta)?;
        } else if meta.path.is_ident("default") {
            self.default = Some(meta.value()?.parse()?);
        } else if meta.path.is_ident("kind") {
            self.kind = Some(meta.value()?.parse::<LitStr>()?.value());
        } else if meta.path.is_ident("name") {
            self.name = Some(meta.value()?.parse::<LitStr>()?.value());
        } else if meta.path.is_ident("required") {
            self.required = true;
        } else if meta.path.is_ident("no_log") {
            self.no_log = true;
        } else if meta.path.is_ident("flatten") {
            self.flatten = true;
        } else {
            return Err(meta.error("not an attribute of an argument"));
        }
        Ok(())
    }
}

fn rules(attrs: &[Attribute]) -> Result<Vec<TokenStream>> {
    let mut rules = Vec::new();
    for attr in attrs.iter().filter(|a| a.path().is_ident("args")) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("mutually_exclusive") {
                let words = words(&meta)?;
                rules.push(quote!(::impel_modules::args::Rule::Exclusive(&[#(#words),*])));
            } else if meta.path.is_ident("required_together") {
                let words = words(&meta)?;
                rules.push(quote!(::impel_modules::args::Rule::Together(&[#(#words),*])));
            } else if meta.path.is_ident("required_one_of") {
                let words = words(&meta)?;
                rules.push(quote!(::impel_modules::args::Rule::OneOf(&[#(#words),*])));
            } else if meta.path.is_ident("required_by") {
                let content;
                parenthesized!(content in meta.input);
                let key: LitStr = content.parse()?;
                let (_, needs) = named_words(&content)?;
                rules.push(quote!(::impel_modules::args::Rule::By { key: #key, needs: &[#(#needs),*] }));
            } else if meta.path.is_ident("required_if") {
                let content;
                parenthesized!(content in meta.input);
                let key: LitStr = content.parse()?;
                content.parse::<Token![,]>()?;
                let is: Lit = content.parse()?;
                let (how, needs) = named_words(&content)?;
                let any = how == "any";
                rules.push(quote!(::impel_modules::args::Rule::If {
                    key: #key, is: ::impel_modules::Data::from(#is), needs: &[#(#needs),*], any: #any
                }));
            } else {
                return Err(meta.error("not a rule between arguments"));
            }
            Ok(())
        })?;
    }
    Ok(rules)
}

/// `, all("a", "b")`: the word before the parentheses and those inside.
fn named_words(content: syn::parse::ParseStream) -> Result<(String, Vec<String>)> {
    content.parse::<Token![,]>()?;
    let how: syn::Ident = content.parse()?;
    let inner;
    parenthesized!(inner in content);
    let list = Punctuated::<LitStr, Token![,]>::parse_terminated(&inner)?;
    Ok((how.to_string(), list.iter().map(LitStr::value).collect()))
}

fn words(meta: &ParseNestedMeta) -> Result<Vec<String>> {
    let content;
    parenthesized!(content in meta.input);
    let list = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
    Ok(list.iter().map(LitStr::value).collect())
}

fn is_option(ty: &Type) -> bool {
    match ty {
        Type::Path(path) => path.path.segments.last().is_some_and(|s| s.ident == "Option"),
        _ => false,
    }
}

fn doc(attrs: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attr in attrs.iter().filter(|a| a.path().is_ident("doc")) {
        if let Meta::NameValue(meta) = &attr.meta
            && let Expr::Lit(lit) = &meta.value
            && let Lit::Str(text) = &lit.lit
        {
            let text = text.value();
            lines.push(text.strip_prefix(' ').unwrap_or(&text).to_string());
        }
    }
    lines.join("\n")
}
