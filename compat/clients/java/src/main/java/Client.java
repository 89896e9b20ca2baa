import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntToDoubleFunction;

/**
 * The course's workload in Java, with the lines that compat/client.py prints.
 *
 * <p>Exit status: 0 when every request was answered, 1 when some failed, 2 when there was nothing to drive.
 */
final class Client {
  static final int WORKERS = 8, REQUESTS = 100, KEYS = 100;
  static final int TIMEOUT = 10; // seconds, of each request

  /** What became of a request; its error is null when it was answered. */
  record Outcome(boolean isFact, Numstore.FactResponse fact, double millis, StatusRuntimeException error) {}

  /** Sends a request at random. */
  static Outcome request(NumStoreGrpc.NumStoreBlockingStub stub) {
    var random = ThreadLocalRandom.current();
    var key = "key" + random.nextInt(KEYS);
    var isFact = random.nextBoolean();
    var fact = Numstore.FactResponse.getDefaultInstance();
    StatusRuntimeException failure = null;
    var call = stub.withDeadlineAfter(TIMEOUT, TimeUnit.SECONDS);
    var start = System.nanoTime();
    try {
      if (isFact) {
        fact = call.fact(Numstore.FactRequest.newBuilder().setKey(key).build());
      } else {
        call.setNum(Numstore.SetNumRequest.newBuilder().setKey(key).setValue(random.nextInt(1, 16)).build());
      }
    } catch (StatusRuntimeException error) {
      failure = error;
    }
    return new Outcome(isFact, fact, (System.nanoTime() - start) / 1e6, failure);
  }

  static void print(String port, List<Outcome> outcomes, double seconds) {
    var answered = outcomes.stream().filter(outcome -> outcome.error == null).toList();
    var facts = answered.stream().filter(Outcome::isFact).map(Outcome::fact).toList();
    var hits = facts.stream().filter(Numstore.FactResponse::getHit).count();
    var missing = facts.stream().filter(fact -> !fact.getError().isEmpty()).count(); // values are 1 to 15: nothing else can be wrong
    var times = answered.stream().mapToDouble(Outcome::millis).sorted().toArray();
    IntToDoubleFunction percentile = p -> times.length == 0 ? 0 : times[(times.length * p + 99) / 100 - 1]; // nearest rank
    System.out.printf(Locale.ROOT, """
        %d workers x %d requests to localhost:%s
          requests                  %d
          SetNum                    %d answered
          Fact                      %d answered
          missing keys              %d of %d Facts
          errors                    %d
          cache hit rate            %.1f %% (%d hits of %d answered Facts)
          cache hit rate, overall   %.1f %% (%d hits of %d requests)
          response time p50         %.3f ms
          response time p99         %.3f ms
          response time max         %.3f ms
          throughput                %.0f requests/s
        """,
        WORKERS, REQUESTS, port, outcomes.size(), answered.size() - facts.size(), facts.size(), missing, facts.size(),
        outcomes.size() - answered.size(), 100.0 * hits / Math.max(facts.size(), 1), hits, facts.size(),
        100.0 * hits / outcomes.size(), hits, outcomes.size(),
        percentile.applyAsDouble(50), percentile.applyAsDouble(99), percentile.applyAsDouble(100), times.length / seconds);
  }

  /** Ends the program, saying why. */
  static void exit(int status, String why) {
    System.err.println("Client: " + why);
    System.exit(status);
  }

  public static void main(String[] arguments) throws Exception {
    var port = arguments.length == 1 ? arguments[0] : "";
    if (!port.matches("[0-9]{1,5}") || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65535) {
      exit(2, "'" + port + "' is not a port; it must be a number from 1 to 65535");
    }
    var channel = ManagedChannelBuilder.forTarget("localhost:" + port).usePlaintext().proxyDetector(address -> null).build();
    var stub = NumStoreGrpc.newBlockingStub(channel);
    try {
      stub.withDeadlineAfter(TIMEOUT, TimeUnit.SECONDS).fact(Numstore.FactRequest.getDefaultInstance()); // changes nothing
    } catch (StatusRuntimeException error) {
      exit(2, "nothing answers on localhost:" + port + " (" + error.getStatus().getCode() + "); is the server running?");
    }
    var start = System.nanoTime();
    List<Callable<Outcome>> requests = Collections.nCopies(WORKERS * REQUESTS, () -> request(stub));
    var outcomes = new ArrayList<Outcome>();
    for (var outcome : Executors.newFixedThreadPool(WORKERS).invokeAll(requests)) {
      outcomes.add(outcome.get());
    }
    print(port, outcomes, (System.nanoTime() - start) / 1e9);
    var failed = outcomes.stream().filter(outcome -> outcome.error != null).findFirst();
    failed.ifPresent(outcome -> exit(1, "some failed, such as: " + outcome.error.getMessage()));
    System.exit(0); // whatever the threads of the pool and the channel do
  }
}
