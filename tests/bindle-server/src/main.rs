//! bindle-server ADDRESS DIRECTORY: serves without authentication. Its host key, and a key that it
//! trusts as a creator's, are in DIRECTORY/secret_keys.toml, made where it is missing.
//! bindle-server sign DIRECTORY FILE: prints the invoice in FILE, signed with that creator's key.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use bindle::authn::always::AlwaysAuthenticate;
use bindle::authz::always::AlwaysAuthorize;
use bindle::provider::file::FileProvider;
use bindle::search::StrictEngine;
use bindle::signature::{KeyEntry, KeyRing, SecretKeyEntry, SecretKeyFile};
use bindle::{server, Invoice, SignatureRole, VerificationStrategy};

const CREATOR: usize = 1;

async fn keys_of(directory: &Path) -> anyhow::Result<SecretKeyFile> {
    let path = directory.join("secret_keys.toml");
    if !path.exists() {
        tokio::fs::create_dir_all(directory).await?;
        let mut keys = SecretKeyFile::default();
        keys.key.push(SecretKeyEntry::new("host", vec![SignatureRole::Host]));
        keys.key.push(SecretKeyEntry::new("creator", vec![SignatureRole::Creator]));
        keys.save_file(&path).await?;
    }
    SecretKeyFile::load_file(&path).await
}

async fn serve(address: SocketAddr, directory: &Path) -> anyhow::Result<()> {
    let keys = keys_of(directory).await?;
    let known = keys.key.iter().map(KeyEntry::try_from).collect::<Result<Vec<_>, _>>()?;
    let index = StrictEngine::default();
    let store = FileProvider::new(directory, index.clone()).await;
    let strategy = VerificationStrategy::default();
    let ring = KeyRing::new(known);
    server::server(store, index, AlwaysAuthenticate, AlwaysAuthorize, address, None, keys, strategy, ring).await
}

async fn sign(directory: &Path, file: &Path) -> anyhow::Result<()> {
    let keys = keys_of(directory).await?;
    let mut invoice: Invoice = toml::from_str(&std::fs::read_to_string(file)?)?;
    invoice.sign(SignatureRole::Creator, &keys.key[CREATOR])?;
    print!("{}", toml::to_string(&invoice)?);
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize| words.get(at).context("ADDRESS DIRECTORY, or sign DIRECTORY FILE");
    let directory = PathBuf::from(word(1)?);
    match word(0)?.as_str() {
        "sign" => sign(&directory, Path::new(word(2)?)).await,
        address => serve(address.parse()?, &directory).await,
    }
}
