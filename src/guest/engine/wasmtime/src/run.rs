//! Runs of an entry point in an instance, which is made for it or was set back after another run.

use crate::inner_of;
use crate::transform::{GLOBAL_PREFIX, MEMORY_EXPORT};
use std::future::Future;
use std::mem::MaybeUninit;
use std::pin::Pin;
use wasmtime_c_api::wasmtime::{
    AsContextMut, Error, Extern, Global, Instance, InstancePre, Memory, Module, ModuleExport,
    Result, TypedFunc, Val,
};
use wasmtime_c_api::{
    WasmtimeStoreContextMut, WasmtimeStoreData, wasmtime_call_future_t, wasmtime_error_t,
    wasmtime_instance_pre_t, wasmtime_module_t,
};

/// A function that is called before an entry point, or an entry point.
struct Function {
    name: String,
    place: ModuleExport,
}

/// Where all that a run needs is in its module: found by name once, not for every instance.
pub struct wagi_entry_t {
    entry: Function,
    initialize: Option<Function>,
    /// The memory that host functions use.
    memory: Option<ModuleExport>,
    /// The memory and the mutable globals that the transform exports.
    own_memory: Option<ModuleExport>,
    globals: Vec<ModuleExport>,
}

unsafe fn text<'a>(bytes: *const u8, len: usize) -> Option<&'a str> {
    std::str::from_utf8(unsafe { std::slice::from_raw_parts(bytes, len) }).ok()
}

/// Null when the module has no export `name`. Without `initialize`, whose length is then 0, nothing
/// is called before it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wagi_entry_new(
    module: &wasmtime_module_t,
    name: *const u8,
    name_len: usize,
    initialize: *const u8,
    initialize_len: usize,
) -> Option<Box<wagi_entry_t>> {
    let module: &Module = unsafe { inner_of(module) };
    let find = |name: &str| {
        let place = module.get_export_index(name)?;
        Some(Function {
            name: name.into(),
            place,
        })
    };
    let entry = find(unsafe { text(name, name_len) }?)?;
    let initialize = match initialize_len {
        0 => None,
        len => find(unsafe { text(initialize, len) }?),
    };
    let globals = module
        .exports()
        .filter(|export| export.name().starts_with(GLOBAL_PREFIX));
    Some(Box::new(wagi_entry_t {
        entry,
        initialize,
        memory: module.get_export_index("memory"),
        own_memory: module.get_export_index(MEMORY_EXPORT),
        globals: globals
            .filter_map(|export| module.get_export_index(export.name()))
            .collect(),
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn wagi_entry_delete(_entry: Box<wagi_entry_t>) {}

/// An instance in its store, once the first run has made it.
#[derive(Default)]
pub struct wagi_instance_t(Option<Made>);

struct Made {
    initialize: Option<TypedFunc<(), ()>>,
    entry: TypedFunc<(), ()>,
    memory: Option<Memory>,
    own_memory: Option<Memory>,
    /// The globals with their first values.
    globals: Vec<(Global, Val)>,
}

#[unsafe(no_mangle)]
pub extern "C" fn wagi_instance_new() -> Box<wagi_instance_t> {
    Box::default()
}

#[unsafe(no_mangle)]
pub extern "C" fn wagi_instance_delete(_instance: Box<wagi_instance_t>) {}

/// The memory that host functions use; false where it has none, or isn't made yet.
#[unsafe(no_mangle)]
pub extern "C" fn wagi_instance_memory(
    instance: &wagi_instance_t,
    memory: &mut MaybeUninit<Memory>,
) -> bool {
    let found = instance.0.as_ref().and_then(|made| made.memory);
    if let Some(found) = found {
        memory.write(found);
    }
    found.is_some()
}

/// Gives the globals their first values, and takes over the size that the memory was set back to.
#[unsafe(no_mangle)]
pub extern "C" fn wagi_instance_set_back(
    instance: &wagi_instance_t,
    mut store: WasmtimeStoreContextMut<'_>,
    memory_has_grown: bool,
) -> bool {
    let Some(made) = &instance.0 else {
        return false;
    };
    for (global, first) in &made.globals {
        if global.set(&mut store, *first).is_err() {
            return false;
        }
    }
    // Growing by nothing makes the pinned version ask the creator's memory for its size again.
    match made.own_memory {
        Some(memory) if memory_has_grown => memory.grow(&mut store, 0).is_ok(),
        _ => true,
    }
}

/// Whether the globals have their first values, bit for bit.
#[unsafe(no_mangle)]
pub extern "C" fn wagi_instance_globals_are_first(
    instance: &wagi_instance_t,
    mut store: WasmtimeStoreContextMut<'_>,
) -> bool {
    let Some(made) = &instance.0 else {
        return false;
    };
    made.globals
        .iter()
        .all(|(global, first)| match (global.get(&mut store), first) {
            (Val::I32(now), Val::I32(first)) => now == *first,
            (Val::I64(now), Val::I64(first)) => now == *first,
            (Val::F32(now), Val::F32(first)) => now == *first,
            (Val::F64(now), Val::F64(first)) => now == *first,
            (Val::V128(now), Val::V128(first)) => now.as_u128() == first.as_u128(),
            _ => false,
        })
}

/// The part of a run that is on, or that it ended in.
#[repr(u8)]
#[derive(Clone, Copy)]
pub enum wagi_step_t {
    #[expect(dead_code, reason = "the caller's state begins with it")]
    Instantiate,
    Initialize,
    Entry,
}

/// What a run has come to. Owned by the caller of `wagi_run`.
#[repr(C)]
pub struct wagi_run_t {
    /// Null once the run is over: it went well.
    pub error: Option<Box<wasmtime_error_t>>,
    pub step: wagi_step_t,
    /// Whether the function of the step couldn't even be called.
    pub refused: bool,
}

fn typed(
    store: &mut WasmtimeStoreContextMut<'_>,
    instance: Instance,
    function: &Function,
) -> Result<TypedFunc<(), ()>> {
    let Some(Extern::Func(found)) = instance.get_module_export(&mut *store, &function.place) else {
        return Err(Error::msg(format!("{} isn't a function", function.name)));
    };
    found
        .typed::<(), ()>(&store)
        .map_err(|_| Error::msg(format!("{} has parameters or results", function.name)))
}

fn memory_at(
    store: &mut WasmtimeStoreContextMut<'_>,
    instance: Instance,
    place: &Option<ModuleExport>,
) -> Option<Memory> {
    match instance.get_module_export(store, place.as_ref()?)? {
        Extern::Memory(memory) => Some(memory),
        _ => None,
    }
}

fn made(
    store: &mut WasmtimeStoreContextMut<'_>,
    instance: Instance,
    places: &wagi_entry_t,
    keep: bool,
    state: &mut wagi_run_t,
) -> Result<Made> {
    state.refused = true;
    let initialize = match &places.initialize {
        Some(function) => {
            state.step = wagi_step_t::Initialize;
            Some(typed(store, instance, function)?)
        }
        None => None,
    };
    state.step = wagi_step_t::Entry;
    let entry = typed(store, instance, &places.entry)?;
    state.refused = false;
    let memory = memory_at(store, instance, &places.memory);
    let mut own_memory = None;
    let mut globals = vec![];
    if keep {
        own_memory = memory_at(store, instance, &places.own_memory);
        for place in &places.globals {
            if let Some(Extern::Global(global)) = instance.get_module_export(&mut *store, place) {
                let first = global.get(&mut *store);
                globals.push((global, first));
            }
        }
    }
    Ok(Made {
        initialize,
        entry,
        memory,
        own_memory,
        globals,
    })
}

async fn run(
    pre: &InstancePre<WasmtimeStoreData>,
    mut store: WasmtimeStoreContextMut<'_>,
    places: &wagi_entry_t,
    instance: &mut wagi_instance_t,
    keep: bool,
    state: &mut wagi_run_t,
) -> Result<()> {
    if instance.0.is_none() {
        let new = pre.instantiate_async(&mut store).await?;
        instance.0 = Some(made(&mut store, new, places, keep, state)?);
    }
    let Some(made) = &instance.0 else {
        unreachable!("made above")
    };
    if let Some(initialize) = &made.initialize {
        state.step = wagi_step_t::Initialize;
        initialize.call_async(&mut store, ()).await?;
    }
    state.step = wagi_step_t::Entry;
    made.entry.call_async(store.as_context_mut(), ()).await
}

/// Makes the instance unless it is there, and calls its entry point, as one future; one for each
/// would cost a third more. All that is passed must outlive the future.
#[unsafe(no_mangle)]
pub extern "C" fn wagi_run<'a>(
    pre: &'a wasmtime_instance_pre_t,
    store: WasmtimeStoreContextMut<'a>,
    places: &'a wagi_entry_t,
    instance: &'a mut wagi_instance_t,
    keep: bool,
    state: &'a mut wagi_run_t,
) -> Box<wasmtime_call_future_t<'a>> {
    let pre: &InstancePre<WasmtimeStoreData> = unsafe { inner_of(pre) };
    let future: Pin<Box<dyn Future<Output = ()> + 'a>> = Box::pin(async move {
        if let Err(error) = run(pre, store, places, instance, keep, state).await {
            state.error = Some(Box::new(wasmtime_error_t::from(error)));
        }
    });
    // SAFETY: `repr(transparent)` over this type, and the version is pinned.
    Box::new(unsafe { std::mem::transmute::<_, wasmtime_call_future_t<'a>>(future) })
}
