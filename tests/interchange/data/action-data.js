window.BENCHMARK_DATA = {
  "lastUpdate": 1893553445000,
  "repoUrl": "https://example.com/shop",
  "entries": {
    "Go": [
      {"commit": {"id": "@SHA@", "message": "a"}, "date": 1893553445000, "tool": "go",
       "benches": [
         {"name": "BenchmarkGet", "value": 1052, "unit": "ns/op\t128 B/op", "extra": "1000000 times\n8 procs"},
         {"name": "BenchmarkGet - ns/op", "value": 1052, "unit": "ns/op", "extra": "1000000 times\n8 procs"},
         {"name": "BenchmarkGet - B/op", "value": 128, "unit": "B/op", "extra": "1000000 times\n8 procs"}]}
    ],
    "Python": [
      {"commit": {"id": "@SHA@"}, "date": 1893553446000, "tool": "pytest",
       "benches": [{"name": "test_sum", "value": 50000, "unit": "iter/sec", "range": "stddev: 0.1", "extra": "mean: 20 usec\nrounds: 41"}]}
    ]
  }
}
