//! bindle-server ADDRESS DIRECTORY: serves without authentication. Its host key, and a key that it
//! trusts as a creator's, are in DIRECTORY/secret_keys.toml, made where it is missing.
//! bindle-server sign DIRECTORY FILE: prints the invoice in FILE, signed with that creator's key.
//! bindle-server client URL DIRECTORY ID: its client's calls of the server at URL: pushes a standalone
//! bindle twice, reads all of it back, finds it, yanks it. NAME and PASSWORD may be in the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{ensure, Context};
use bindle::authn::always::AlwaysAuthenticate;
use bindle::authz::always::AlwaysAuthorize;
use bindle::client::tokens::{HttpBasic, NoToken, TokenManager};
use bindle::client::Client;
use bindle::provider::file::FileProvider;
use bindle::search::StrictEngine;
use bindle::signature::{KeyEntry, KeyRing, SecretKeyEntry, SecretKeyFile};
use bindle::standalone::StandaloneRead;
use bindle::{server, Id, Invoice, QueryOptions, SignatureRole, VerificationStrategy};

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

async fn call<T>(url: &str, token: T, directory: &Path, id: &str) -> anyhow::Result<()>
where
    T: TokenManager + Clone,
{
    let keys = Client::new(url, token.clone(), Arc::new(KeyRing::default()))?.get_host_keys().await?;
    let client = Client::new(url, token, Arc::new(keys))?;
    let id: Id = id.parse()?;
    let standalone = StandaloneRead::new(directory, &id).await?;
    standalone.push(&client).await.context("the first push")?;
    standalone.push(&client).await.context("the second push")?;
    ensure!(client.get_missing_parcels(&id).await?.is_empty(), "a parcel is missing");
    let invoice: Invoice = client.get_invoice(&id).await?.into();
    for parcel in invoice.parcel.unwrap_or_default() {
        let label = parcel.label;
        let sent = standalone.get_parcel(&label.sha256).await?;
        ensure!(client.get_parcel(&id, &label.sha256).await? == sent, "{} came back changed", label.name);
    }
    let query = QueryOptions { query: Some(id.name().into()), ..QueryOptions::default() };
    ensure!(client.query_invoices(query).await?.total == 1, "it isn't found");
    client.yank_invoice(&id).await?;
    ensure!(client.get_invoice(&id).await.is_err(), "it is there though it is yanked");
    let yanked: Invoice = client.get_yanked_invoice(&id).await?.into();
    ensure!(yanked.yanked == Some(true), "it isn't yanked");
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |at: usize| words.get(at).context("ADDRESS DIRECTORY, or sign DIRECTORY FILE");
    let directory = PathBuf::from(word(1)?);
    match word(0)?.as_str() {
        "sign" => sign(&directory, Path::new(word(2)?)).await,
        "client" => {
            let (url, directory, id) = (word(1)?, Path::new(word(2)?), word(3)?);
            match (std::env::var("NAME"), std::env::var("PASSWORD")) {
                (Ok(name), Ok(password)) => call(url, HttpBasic::new(&name, &password), directory, id).await,
                _ => call(url, NoToken, directory, id).await,
            }
        }
        address => serve(address.parse()?, &directory).await,
    }
}
