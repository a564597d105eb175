"""Arrays: NPY, NPZ and safetensors."""
