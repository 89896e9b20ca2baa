//! Makes the stubs of the contract, into OUT_DIR. It needs protoc.

fn main() -> std::io::Result<()> {
    let contracts = "../../../contracts";
    tonic_prost_build::configure()
        .build_server(false)
        .compile_protos(&[format!("{contracts}/numstore.proto").as_str()], &[contracts])
}
