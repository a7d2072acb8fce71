#pragma once

#include <map>
#include <string>

#include "actions/machine/simulated/vm_home.h"

namespace world {

using machine::simulated::VmHome;

// eBPF for Windows as an installer that is not ours puts it on a machine, and takes it off again.
struct OtherEbpf {
  std::string version;                       // "1.0.0"
  std::map<std::string, std::string> files;  // bytes, by path below the install folder
};

// Of a folder of the host with a payload in it, at any depth. Throws kUsage if there is none.
OtherEbpf other_ebpf_in(const std::string& folder, const std::string& version);
// Of a payload of the build; read once.
const OtherEbpf& other_ebpf(const std::string& version);

// Stops what is there with all that depends on it, puts the files in place over whatever is there,
// registers what is not registered and points the rest to its files, makes all of it automatic and
// starts it, with what was stopped. Services that the version does not have go.
void put_ebpf(VmHome& vm, const OtherEbpf& ebpf);
// Stops all with what depends on it, deletes the services, its files whoever has replaced them
// since, and the folders that this leaves empty; PATH, netsh helper, tracing tasks and the eBPF
// store lose what eBPF has there. What was stopped of others stays down.
void take_ebpf(VmHome& vm, const OtherEbpf& ebpf);

}  // namespace world
