//! Takes a module's initial data out of it, so that its instances' memory can be mapped from a
//! file, and says how its instances may be made.
//!
//! What the transformed module computes is what the module computed: only its active data segments
//! are gone, and its memory and its mutable globals are exported as well. So an instance can be set
//! back to its first state, if nothing else of it can change; the lists below are of what is known
//! to change nothing else, and what isn't in them counts as changing it.

use std::ops::Range;
use wasm_encoder::{ExportKind, ExportSection, Module, RawSection};
use wasmparser::{
    BinaryReaderError, CompositeInnerType, ConstExpr, Data, DataKind, Export, ExternalKind,
    FunctionBody, Operator, Parser, Payload, TypeRef, ValType,
};

/// What the names begin with by which the host finds what the module didn't export.
pub const RESERVED_PREFIX: &str = "wagi:";
/// The export of the only memory.
pub const MEMORY_EXPORT: &str = "wagi:memory";
/// What the names of the exports of mutable globals begin with.
pub const GLOBAL_PREFIX: &str = "wagi:global:";

const WASM_PAGE_BYTES: u64 = 64 << 10;
// An image is as long as the highest address that has data. A larger one isn't worth a file.
const IMAGE_BYTES_MAX: u64 = 256 << 20;
const EXPORT_SECTION_ID: u8 = 7;

/// How instances of a module may be made.
pub enum Way {
    /// Set back to their first state after a request, and used again.
    Kept,
    /// Made anew for each request, over the image of their memory. Why they can't be kept.
    New(String),
}

/// A module without its data.
pub struct Transformed {
    pub wasm: Vec<u8>,
    /// The bytes of its memory at the start, from 0 on; what is behind them is 0.
    pub image: Vec<u8>,
    /// What its tables begin with together.
    pub table_elements: u64,
    pub way: Way,
}

/// Why a module stays as it is.
pub struct Unfit(pub String);

impl From<BinaryReaderError> for Unfit {
    fn from(error: BinaryReaderError) -> Self {
        Unfit(error.to_string())
    }
}

fn unfit<T>(why: &str) -> Result<T, Unfit> {
    Err(Unfit(why.into()))
}

/// Names the proposal that an operator belongs to.
macro_rules! define_proposal {
    ($(
        @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })?
            => $visit:ident ($($ann:tt)*)
    )*) => {
        fn proposal(operator: &Operator) -> &'static str {
            match operator {
                $(Operator::$op { .. } => stringify!($proposal),)*
                _ => "unknown",
            }
        }
    };
}
wasmparser::for_each_operator!(define_proposal);

/// Of these, no operator changes more than the memory, its size and globals, but those that are
/// named in `changes_more`.
const HARMLESS_PROPOSALS: &[&str] = &[
    "mvp",
    "sign_extension",
    "saturating_float_to_int",
    "bulk_memory",
    "reference_types",
    "tail_call",
    "threads",
    "simd",
    "relaxed_simd",
];

fn changes_more(operator: &Operator) -> Option<&'static str> {
    use Operator::*;
    match operator {
        TableSet { .. }
        | TableGrow { .. }
        | TableFill { .. }
        | TableCopy { .. }
        | TableInit { .. } => Some("it writes to a table"),
        ElemDrop { .. } => Some("it drops a segment of elements"),
        other if !HARMLESS_PROPOSALS.contains(&proposal(other)) => {
            Some("it uses instructions whose state isn't known")
        }
        _ => None,
    }
}

struct Reader<'a> {
    source: &'a [u8],
    image: Vec<u8>,
    memory_bytes: Option<u64>,
    table_elements: u64,
    why_new: Option<String>,
    exports: Vec<Export<'a>>,
    globals_count: u32,
    mutable_globals: Vec<u32>,
    data_count: Option<u32>,
    /// The sections that stay, with their ids.
    sections: Vec<(u8, Range<usize>)>,
}

/// Takes the data out of a module; `Unfit` where it must be compiled as it is. An invalid module
/// stays one, or is unfit.
pub fn transform(wasm: &[u8]) -> Result<Transformed, Unfit> {
    let mut reader = Reader {
        source: wasm,
        image: vec![],
        memory_bytes: None,
        table_elements: 0,
        why_new: None,
        exports: vec![],
        globals_count: 0,
        mutable_globals: vec![],
        data_count: None,
        sections: vec![],
    };
    for payload in Parser::new(0).parse_all(wasm) {
        reader.read(payload?)?;
    }
    reader.finish()
}

impl<'a> Reader<'a> {
    fn cannot_keep(&mut self, why: &str) {
        self.why_new.get_or_insert_with(|| why.into());
    }

    fn read(&mut self, payload: Payload<'a>) -> Result<(), Unfit> {
        match &payload {
            Payload::TypeSection(types) => {
                for group in types.clone() {
                    for item in group?.types() {
                        if !matches!(item.composite_type.inner, CompositeInnerType::Func(_)) {
                            self.cannot_keep("it has objects that are collected");
                        }
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    if !matches!(import?.ty, TypeRef::Func(_)) {
                        return unfit("it imports more than functions");
                    }
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    let memory = memory?;
                    if self.memory_bytes.is_some() {
                        return unfit("it has several memories");
                    }
                    if memory.memory64 || memory.page_size_log2.is_some() {
                        return unfit("its memory is of 64 bits, or has pages of its own size");
                    }
                    if memory.shared {
                        return unfit("its memory is shared");
                    }
                    self.memory_bytes = Some(memory.initial * WASM_PAGE_BYTES);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables.clone() {
                    self.table_elements = self.table_elements.saturating_add(table?.ty.initial);
                }
            }
            Payload::TagSection(_) => self.cannot_keep("it has exceptions"),
            Payload::GlobalSection(globals) => {
                for global in globals.clone() {
                    let global = global?.ty;
                    if global.shared {
                        return unfit("it has shared globals");
                    }
                    if global.mutable {
                        if matches!(global.content_type, ValType::Ref(_)) {
                            self.cannot_keep("it has a mutable global that is a reference");
                        } else {
                            self.mutable_globals.push(self.globals_count);
                        }
                    }
                    self.globals_count += 1;
                }
            }
            Payload::StartSection { .. } => self.cannot_keep("it has a start function"),
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    let export = export?;
                    if export.name.starts_with(RESERVED_PREFIX) {
                        return unfit("it has an export whose name is reserved");
                    }
                    self.exports.push(export);
                }
                return Ok(()); // Written by finish().
            }
            Payload::DataCountSection { count, .. } => {
                self.data_count = Some(*count);
                return Ok(());
            }
            Payload::DataSection(segments) => {
                if self
                    .data_count
                    .is_some_and(|count| count != segments.count())
                {
                    return unfit("it is invalid");
                }
                for segment in segments.clone() {
                    self.take(segment?)?;
                }
                return Ok(());
            }
            Payload::CodeSectionEntry(body) => self.read_body(body)?,
            Payload::Version { encoding, .. } => {
                if *encoding != wasmparser::Encoding::Module {
                    return unfit("it is a component");
                }
            }
            _ => {}
        }
        if let Some(section) = payload.as_section() {
            self.sections.push(section);
        }
        Ok(())
    }

    fn read_body(&mut self, body: &FunctionBody) -> Result<(), Unfit> {
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            if matches!(
                operator,
                Operator::MemoryInit { .. } | Operator::DataDrop { .. }
            ) {
                return unfit("it copies its data itself");
            }
            if let Some(why) = changes_more(&operator) {
                self.cannot_keep(why);
            }
        }
        Ok(())
    }

    /// Copies a segment to its place in the image, in the segments' order.
    fn take(&mut self, segment: Data) -> Result<(), Unfit> {
        let DataKind::Active {
            memory_index: 0,
            offset_expr,
        } = segment.kind
        else {
            return unfit("it has data that is for later, or for another memory");
        };
        let begin = u64::from(offset_of(&offset_expr)?);
        let end = begin + segment.data.len() as u64;
        if self.memory_bytes.is_none_or(|bytes| end > bytes) {
            return unfit("it has data outside of its memory");
        }
        if end > IMAGE_BYTES_MAX {
            return unfit("its data is too far apart");
        }
        let (begin, end) = (begin as usize, end as usize);
        if self.image.len() < end {
            self.image.resize(end, 0);
        }
        self.image[begin..end].copy_from_slice(segment.data);
        Ok(())
    }

    fn finish(self) -> Result<Transformed, Unfit> {
        if self.memory_bytes.is_none() {
            return unfit("it has no memory");
        }
        let mut exports = ExportSection::new();
        for export in &self.exports {
            exports.export(export.name, kind_of(export.kind)?, export.index);
        }
        exports.export(MEMORY_EXPORT, ExportKind::Memory, 0);
        for index in &self.mutable_globals {
            exports.export(
                &format!("{GLOBAL_PREFIX}{index}"),
                ExportKind::Global,
                *index,
            );
        }
        let mut module = Module::new();
        let mut exported = false;
        for (id, range) in &self.sections {
            if !exported && *id > EXPORT_SECTION_ID && *id != wasm_encoder::SectionId::Tag as u8 {
                module.section(&exports);
                exported = true;
            }
            module.section(&RawSection {
                id: *id,
                data: &self.source[range.clone()],
            });
        }
        if !exported {
            module.section(&exports);
        }
        Ok(Transformed {
            wasm: module.finish(),
            image: self.image,
            table_elements: self.table_elements,
            way: self.why_new.map_or(Way::Kept, Way::New),
        })
    }
}

fn offset_of(expression: &ConstExpr) -> Result<u32, Unfit> {
    let mut operators = expression.get_operators_reader();
    let Operator::I32Const { value } = operators.read()? else {
        return unfit("the place of its data is computed");
    };
    if !operators.is_end_then_eof() {
        return unfit("the place of its data is computed");
    }
    Ok(value as u32)
}

fn kind_of(kind: ExternalKind) -> Result<ExportKind, Unfit> {
    Ok(match kind {
        ExternalKind::Func => ExportKind::Func,
        ExternalKind::Table => ExportKind::Table,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Global => ExportKind::Global,
        ExternalKind::Tag => ExportKind::Tag,
        ExternalKind::FuncExact => return unfit("it exports a function of an exact type"),
    })
}
