"""Physics of solar pores: arrays and numbers in, arrays and numbers out."""
