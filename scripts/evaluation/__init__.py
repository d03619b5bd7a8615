"""What models can do by public benchmarks: lm-eval asks and scores, and our engines answer."""
