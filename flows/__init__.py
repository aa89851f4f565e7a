"""When and in what order: the command line, the stages and the Prefect flows that run them."""
