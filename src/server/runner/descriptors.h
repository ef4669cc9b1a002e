// How many descriptors this process may have.
#pragma once

namespace wagi::runner {

// As many as the hard limit lets it: every connection and every compiled module is one, and the
// usual soft limit is 1,024. Workers inherit it.
void raiseDescriptorLimit();

}  // namespace wagi::runner
