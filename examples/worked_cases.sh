#!/bin/sh
# The worked cases of five tutorials on PyTorch's losses, by the command line.
# Each line prints its case; the number after "#" is what it gives to four decimals.
set -eu
cd "$(dirname "$0")"

# "CrossEntropyLoss = log_softmax + NLLLoss". The true value is over the class axis:
celoss ce column-softmax.csv --format value                        # 1.0778
# The article took the softmax over the columns instead, and got:
celoss ce column-softmax.json --class-axis 0 --format value        # 1.3654
# It then prints 0.1365 as PyTorch's answer: 1.3654 with the point moved, as this line finds out:
# celoss reconcile column-softmax.json --got 0.1365
# nll_loss of the raw scores is negative, because scores are not log-probabilities (celoss warns):
celoss nll column-softmax.csv --format value 2>/dev/null           # -0.1399

# Class weights and ignored targets:
X='0.9,0.1;0.8,0.2;0.7,0.3'
celoss ce --logits "$X" --targets 0,1,0 --format value                     # 0.6405
celoss ce --logits "$X" --targets 0,1,0 --ignore-index 1 --format value    # 0.4421
celoss ce --logits "$X" --targets 0,1,0 --weight 1,2 --format value        # 0.7398
celoss ce --logits "$X" --targets 0,1,0 --weight 2,1 --format value        # 0.5611
# Both at once: (2 x 0.911801 + 1.315650 + 1.020818) / (2 + 1 + 1)
celoss ce --logits '0.9,0.1,0.2;0.8,0.2,0.1;0.7,0.3,0.5;0.1,0.5,0.6' --targets 2,1,0,1 \
    --weight 2,1,2 --ignore-index 2 --format value                         # 1.0401

# One-hot targets by hand:
celoss ce --logits '0.3,0.1,0.3;0.9,0.2,0.9;0.5,0.4,0.2' --targets 1,2,0 --format value    # 1.0414
# One answer of probability 0.5: 0.6931 nats, 1 bit, 0.3010 with the logarithm of base 10
celoss bce --probs 0.5 --targets 1 --format value                          # 0.6931
celoss bce --probs 0.5 --targets 1 --base 2 --format value                 # 1.0000
celoss bce --probs 0.5 --targets 1 --base 10 --format value                # 0.3010

# The same binary loss from labels 0/1 and from labels -1/+1:
celoss bce-logits --logits 2,-1 --targets 1,0 --format value               # 0.2201
celoss soft-margin --scores 2,-1 --targets 1,-1 --format value             # 0.2201
