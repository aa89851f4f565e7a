"""What speed and memory are measured with: `python -m benchmarks` writes docs/performance.md."""
