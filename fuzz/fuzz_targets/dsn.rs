#![no_main]
//! See the body in `fuzz/bodies`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| mail_fuzz_bodies::dsn(data));
