//! Wasmtime's C API as one static library, and the one setting that it lacks.

pub use wasmtime_c_api::*;

use wasmtime_c_api::wasmtime::{Enabled, PoolingAllocationConfig};

/// Resets a pool's slots by asking the kernel which pages the guest wrote (`PAGEMAP_SCAN`,
/// Linux 6.7) instead of clearing everything that stays resident. Where the kernel lacks it,
/// Wasmtime clears as before. Returns whether this kernel has it.
#[unsafe(no_mangle)]
pub extern "C" fn wagi_pooling_allocation_config_pagemap_scan(
    config: &mut wasmtime_pooling_allocation_config_t,
) -> bool {
    // SAFETY: the version is pinned, and there the type is `repr(C)` with this as its only field.
    const _: () = assert!(
        size_of::<wasmtime_pooling_allocation_config_t>() == size_of::<PoolingAllocationConfig>()
    );
    let inner = unsafe {
        &mut *(config as *mut wasmtime_pooling_allocation_config_t)
            .cast::<PoolingAllocationConfig>()
    };
    inner.pagemap_scan(Enabled::Auto);
    PoolingAllocationConfig::is_pagemap_scan_available()
}
