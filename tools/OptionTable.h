//===- OptionTable.h - A command line by a table ----------------*- C++ -*-===//
//
// Part of the ptq project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// For the one file of a tool that reads its command line: what TableGen made of
// the tool's own Options.td, which has to define `help`. Not llvm::cl: its
// options share one table with those of libLLVM.
//
//===----------------------------------------------------------------------===//

#ifndef PTQ_TOOLS_OPTIONTABLE_H
#define PTQ_TOOLS_OPTIONTABLE_H

#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Option/Option.h"
#include "llvm/Support/Error.h"

namespace {

enum OptionId {
  OPT_INVALID = 0,
#define OPTION(...) LLVM_MAKE_OPT_ID(__VA_ARGS__),
#include "Options.inc"
#undef OPTION
};

#define OPTTABLE_STR_TABLE_CODE
#include "Options.inc"
#undef OPTTABLE_STR_TABLE_CODE

#define OPTTABLE_PREFIXES_TABLE_CODE
#include "Options.inc"
#undef OPTTABLE_PREFIXES_TABLE_CODE

using namespace llvm::opt;
constexpr OptTable::Info optionInfos[] = {
#define OPTION(...) LLVM_CONSTRUCT_OPT_INFO(__VA_ARGS__),
#include "Options.inc"
#undef OPTION
};

struct OptionTable : GenericOptTable {
  OptionTable()
      : GenericOptTable(OptionStrTable, OptionPrefixesTable, optionInfos) {}

  /// The arguments. Fails, unless they ask for help, if there is no such option
  /// or the last one lacks its value.
  llvm::Expected<InputArgList> parse(int argc, char **argv) const {
    unsigned missingIndex, missingCount;
    InputArgList arguments = ParseArgs(llvm::ArrayRef(argv + 1, argv + argc),
                                       missingIndex, missingCount);
    if (arguments.hasArg(OPT_help))
      return std::move(arguments);
    if (missingCount)
      return llvm::createStringError(
          llvm::StringRef(arguments.getArgString(missingIndex)) +
          " expects a value");
    if (const Arg *unknown = arguments.getLastArg(OPT_UNKNOWN))
      return llvm::createStringError("expects an option that --help lists, but "
                                     "got '" +
                                     unknown->getAsString(arguments) + "'");
    return std::move(arguments);
  }
};

} // namespace

#endif // PTQ_TOOLS_OPTIONTABLE_H
