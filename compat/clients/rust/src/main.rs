//! The course's workload in Rust, with the lines that compat/client.py prints: `cargo run -- 5440`.
//!
//! Exit status: 0 when every request was answered, 1 when some failed, 2 when there was nothing to drive.

use std::time::{Duration, Instant};
use tonic::transport::{Channel, Endpoint};

tonic::include_proto!("_"); // the stubs that build.rs makes; the contract has no package

const WORKERS: usize = 8;
const REQUESTS: usize = 100;
const KEYS: u32 = 100;
const TIMEOUT: Duration = Duration::from_secs(10); // of connecting, and of each request

type Stub = num_store_client::NumStoreClient<Channel>;
type Outcome = Result<(Option<FactResponse>, Duration), tonic::Status>; // what Fact replied (SetNum: None), and how long it took

/// Opens a connection, or says in one line why there is no server to drive.
async fn connect(port: &str) -> Result<Stub, String> {
    if !port.parse::<u16>().is_ok_and(|port| port > 0) {
        return Err(format!("'{port}' is not a port; it must be a number from 1 to 65535"));
    }
    let server = Endpoint::try_from(format!("http://localhost:{port}")).map_err(|error| error.to_string())?;
    let channel = server.connect_timeout(TIMEOUT).timeout(TIMEOUT).connect().await;
    channel.map(Stub::new).map_err(|error| format!("nothing answers on localhost:{port} ({error}); is the server running?"))
}

/// Sends the requests of one worker, one after the other.
async fn drive(mut stub: Stub) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for _ in 0..REQUESTS {
        let key = format!("key{}", fastrand::u32(..KEYS));
        let start = Instant::now();
        let answer = if fastrand::bool() {
            stub.set_num(SetNumRequest { key, value: fastrand::i64(1..=15) }).await.map(|_| None)
        } else {
            stub.fact(FactRequest { key }).await.map(|reply| Some(reply.into_inner()))
        };
        outcomes.push(answer.map(|fact| (fact, start.elapsed())));
    }
    outcomes
}

fn print(port: &str, outcomes: &[Outcome], seconds: f64) {
    let answers: Vec<_> = outcomes.iter().flatten().collect();
    let facts: Vec<_> = answers.iter().filter_map(|(fact, _)| fact.as_ref()).collect();
    let hits = facts.iter().filter(|fact| fact.hit).count();
    let missing = facts.iter().filter(|fact| !fact.error.is_empty()).count(); // values are 1 to 15: nothing else can be wrong
    let mut times: Vec<_> = answers.iter().map(|(_, time)| 1000.0 * time.as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    let percentile = |p: usize| times.get((times.len() * p).div_ceil(100).max(1) - 1).unwrap_or(&0.0); // nearest rank
    let ratio = |whole: usize| 100.0 * hits as f64 / whole.max(1) as f64;
    let (requests, answered, facts) = (outcomes.len(), answers.len(), facts.len());
    println!("{WORKERS} workers x {REQUESTS} requests to localhost:{port}");
    println!("  requests                  {requests}");
    println!("  SetNum                    {} answered", answered - facts);
    println!("  Fact                      {facts} answered");
    println!("  missing keys              {missing} of {facts} Facts");
    println!("  errors                    {}", requests - answered);
    println!("  cache hit rate            {:.1} % ({hits} hits of {facts} answered Facts)", ratio(facts));
    println!("  cache hit rate, overall   {:.1} % ({hits} hits of {requests} requests)", ratio(requests));
    println!("  response time p50         {:.3} ms", percentile(50));
    println!("  response time p99         {:.3} ms", percentile(99));
    println!("  response time max         {:.3} ms", percentile(100));
    println!("  throughput                {:.0} requests/s", answered as f64 / seconds);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let port = std::env::args().nth(1).unwrap_or_default();
    let stub = connect(&port).await.unwrap_or_else(|why| {
        eprintln!("client: {why}");
        std::process::exit(2)
    });
    let start = Instant::now();
    let workers: tokio::task::JoinSet<_> = (0..WORKERS).map(|_| drive(stub.clone())).collect();
    let outcomes: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    print(&port, &outcomes, start.elapsed().as_secs_f64());
    if let Some(status) = outcomes.iter().find_map(|outcome| outcome.as_ref().err()) {
        eprintln!("client: some failed, such as: {status}");
        std::process::exit(1);
    }
}
