// RUN: ptq-opt %s --split-input-file --verify-diagnostics --ptq-propagate-integers=mode=double

// expected-error @below {{expects mode to be float or fixed, but got 'double'}}
module {}
