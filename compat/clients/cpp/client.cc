// The course's workload in C++, with the lines that compat/client.py prints: client 5440
//
// Exit status: 0 when every request was answered, 1 when some failed, 2 when there was nothing to drive.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "numstore.grpc.pb.h"

using std::chrono::duration, std::chrono::steady_clock, std::chrono::system_clock;

constexpr int kWorkers = 8, kRequests = 100, kKeys = 100;
constexpr std::chrono::milliseconds kConnectTimeout{500}, kRequestTimeout{10'000};

// What all workers saw together.
struct Tally {
  std::mutex mutex;  // guards the rest
  int facts = 0, hits = 0, missing = 0;
  std::vector<double> times;  // milliseconds, of answered requests
  std::vector<grpc::Status> errors;
};

// Sends the requests of one worker, one after the other.
void Drive(NumStore::Stub& stub, Tally& tally) {
  std::mt19937 random{std::random_device{}()};
  const auto below = [&](int n) { return std::uniform_int_distribution{0, n - 1}(random); };
  for (int i = 0; i < kRequests; i++) {
    const std::string key = "key" + std::to_string(below(kKeys));
    const bool is_fact = below(2);
    FactResponse fact;
    grpc::Status status;
    grpc::ClientContext context;  // of one call
    context.set_deadline(system_clock::now() + kRequestTimeout);
    const auto start = steady_clock::now();
    if (is_fact) {
      FactRequest request;
      request.set_key(key);
      status = stub.Fact(&context, request, &fact);
    } else {
      SetNumRequest request;
      request.set_key(key);
      request.set_value(1 + below(15));
      SetNumResponse total;
      status = stub.SetNum(&context, request, &total);
    }
    const duration<double, std::milli> time = steady_clock::now() - start;
    const std::lock_guard lock(tally.mutex);
    if (!status.ok()) {
      tally.errors.push_back(status);
      continue;
    }
    tally.times.push_back(time.count());
    tally.facts += is_fact;
    tally.hits += fact.hit();
    tally.missing += !fact.error().empty();  // values are 1 to 15: nothing else can be wrong
  }
}

void Print(const char* port, Tally& tally, double seconds) {
  auto& [mutex, facts, hits, missing, times, errors] = tally;
  const int answered = times.size(), failed = errors.size(), requests = answered + failed;
  std::sort(times.begin(), times.end());
  const auto percentile = [&](int p) { return times.empty() ? 0 : times[(times.size() * p + 99) / 100 - 1]; };  // nearest rank
  std::printf("%d workers x %d requests to localhost:%s\n", kWorkers, kRequests, port);
  std::printf("  requests                  %d\n", requests);
  std::printf("  SetNum                    %d answered\n", answered - facts);
  std::printf("  Fact                      %d answered\n", facts);
  std::printf("  missing keys              %d of %d Facts\n", missing, facts);
  std::printf("  errors                    %d\n", failed);
  std::printf("  cache hit rate            %.1f %% (%d hits of %d answered Facts)\n", 100.0 * hits / std::max(facts, 1), hits, facts);
  std::printf("  cache hit rate, overall   %.1f %% (%d hits of %d requests)\n", 100.0 * hits / requests, hits, requests);
  std::printf("  response time p50         %.3f ms\n", percentile(50));
  std::printf("  response time p99         %.3f ms\n", percentile(99));
  std::printf("  response time max         %.3f ms\n", percentile(100));
  std::printf("  throughput                %.0f requests/s\n", answered / seconds);
}

int main(int argc, char** argv) {
  const char* port = argc == 2 ? argv[1] : "";
  char* end;
  if (const long number = std::strtol(port, &end, 10); *end != '\0' || number < 1 || number > 65535) {
    std::fprintf(stderr, "client: '%s' is not a port; it must be a number from 1 to 65535\n", port);
    return 2;
  }
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto channel = grpc::CreateCustomChannel("localhost:" + std::string(port), grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(system_clock::now() + kConnectTimeout)) {
    std::fprintf(stderr, "client: nothing answers on localhost:%s; is the server running?\n", port);
    return 2;
  }
  const auto stub = NumStore::NewStub(channel);

  Tally tally;
  const auto start = steady_clock::now();
  std::vector<std::thread> workers;
  for (int i = 0; i < kWorkers; i++) workers.emplace_back(Drive, std::ref(*stub), std::ref(tally));
  for (auto& worker : workers) worker.join();
  Print(port, tally, duration<double>(steady_clock::now() - start).count());
  if (tally.errors.empty()) return 0;
  std::fprintf(stderr, "client: some failed, such as: %d: %s\n", tally.errors[0].error_code(), tally.errors[0].error_message().c_str());
  return 1;
}
