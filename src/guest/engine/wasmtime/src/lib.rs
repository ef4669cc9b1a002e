//! Wasmtime's C API as one static library, and the few things that it lacks.

#![allow(non_camel_case_types, reason = "as the C API has them")]

pub use wasmtime_c_api::*;

mod run;
mod transform;

use std::num::NonZeroUsize;
use transform::Way;
use wasmtime_c_api::wasmtime::{
    Config, Enabled, Engine, PoolingAllocationConfig, ResourceLimiter, Result,
};

/// The Rust value inside one of the C API's structs.
///
/// SAFETY: the version is pinned, and there each of these structs has this as its only field.
unsafe fn inner<Outer, Inner>(outer: &mut Outer) -> &mut Inner {
    const { assert!(size_of::<Outer>() == size_of::<Inner>()) };
    unsafe { &mut *(outer as *mut Outer).cast::<Inner>() }
}

/// As `inner`, of what is only read.
unsafe fn inner_of<Outer, Inner>(outer: &Outer) -> &Inner {
    const { assert!(size_of::<Outer>() == size_of::<Inner>()) };
    unsafe { &*(outer as *const Outer).cast::<Inner>() }
}

/// As `wasm_engine_new_with_config`, which aborts where this returns null and an error.
#[unsafe(no_mangle)]
pub extern "C" fn wagi_engine_new(
    mut config: Box<wasm_config_t>,
    error: &mut Option<Box<wasmtime_error_t>>,
) -> Option<Box<wasm_engine_t>> {
    let config: &mut Config = unsafe { inner(&mut *config) };
    match Engine::new(config) {
        // SAFETY: as for `inner`.
        Ok(engine) => Some(Box::new(unsafe {
            std::mem::transmute::<Engine, wasm_engine_t>(engine)
        })),
        Err(reason) => {
            *error = Some(Box::new(wasmtime_error_t::from(reason)));
            None
        }
    }
}

/// Resets a pool's slots by asking the kernel which pages the guest wrote (`PAGEMAP_SCAN`,
/// Linux 6.7) instead of clearing everything that stays resident. Where the kernel lacks it,
/// Wasmtime clears as before. Returns whether this kernel has it.
#[unsafe(no_mangle)]
pub extern "C" fn wagi_pooling_allocation_config_pagemap_scan(
    config: &mut wasmtime_pooling_allocation_config_t,
) -> bool {
    let config: &mut PoolingAllocationConfig = unsafe { inner(config) };
    config.pagemap_scan(Enabled::Auto);
    PoolingAllocationConfig::is_pagemap_scan_available()
}

/// How many frames a trap's backtrace keeps; 0 takes none, which makes traps cheap.
#[unsafe(no_mangle)]
pub extern "C" fn wagi_config_backtrace_frames_max(config: &mut wasm_config_t, frames_max: usize) {
    let config: &mut Config = unsafe { inner(config) };
    config.wasm_backtrace_max_frames(NonZeroUsize::new(frames_max));
}

/// What a store may grow to, and what it tried. Owned by the caller of `wagi_store_limit`.
#[repr(C)]
pub struct wagi_limiter_t {
    pub memory_bytes_max: usize,
    pub table_elements_max: usize,
    /// What was granted, of all linear memories together.
    pub memory_bytes: usize,
    /// The same of all tables.
    pub table_elements: usize,
    /// Whether memory was refused: then a failing guest ran out of it.
    pub memory_refused: bool,
}

impl ResourceLimiter for wagi_limiter_t {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false); // The module's own limit.
        }
        let total = self.memory_bytes.saturating_add(desired.saturating_sub(current));
        if total > self.memory_bytes_max {
            self.memory_refused = true;
            return Ok(false);
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> Result<bool> {
        let total = self.table_elements.saturating_add(desired.saturating_sub(current));
        if total > self.table_elements_max {
            return Ok(false);
        }
        self.table_elements = total;
        Ok(true)
    }
}

struct LimiterPointer(*mut wagi_limiter_t);
// SAFETY: a store and its limiter are used by one thread.
unsafe impl Send for LimiterPointer {}
unsafe impl Sync for LimiterPointer {}

impl LimiterPointer {
    fn get(&self) -> *mut wagi_limiter_t {
        self.0
    }
}

/// Limits `store` by `limiter`, which must outlive it and stay where it is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wagi_store_limit(
    store: &mut wasmtime_store_t,
    limiter: *mut wagi_limiter_t,
) {
    let store: &mut WasmtimeStore = unsafe { inner(store) };
    let limiter = LimiterPointer(limiter);
    store.limiter(move |_| unsafe { &mut *limiter.get() });
}

/// What `wagi_transform` makes of a module. The caller frees the bytes.
#[repr(C)]
pub struct wagi_transformed_t {
    /// Empty where the module is to be compiled as it is.
    pub wasm: wasm_byte_vec_t,
    pub image: wasm_byte_vec_t,
    /// What its tables begin with together.
    pub table_elements: u64,
    /// Why instances can't be kept, or why the module stays as it is; empty where they can.
    pub reason: wasm_byte_vec_t,
}

/// Takes the data out of a module; transform.rs says how.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wagi_transform(wasm: *const u8, wasm_len: usize) -> wagi_transformed_t {
    let wasm = unsafe { std::slice::from_raw_parts(wasm, wasm_len) };
    let (wasm, image, table_elements, reason) = match transform::transform(wasm) {
        Ok(module) => {
            let reason = match module.way {
                Way::Kept => String::new(),
                Way::New(why) => why,
            };
            (module.wasm, module.image, module.table_elements, reason)
        }
        Err(unfit) => (vec![], vec![], 0, unfit.0),
    };
    wagi_transformed_t {
        wasm: wasm.into(),
        image: image.into(),
        table_elements,
        reason: reason.into_bytes().into(),
    }
}
