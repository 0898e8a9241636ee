// A folder for one test case.
#pragma once
#include "core/scratch_folder.h"

namespace mdd::test {

class TemporaryFolder : public ScratchFolder {
 public:
  TemporaryFolder() : ScratchFolder("mddnet-test") {}
};

}  // namespace mdd::test
