#pragma once

namespace contract {

// Whether this Windows is Wine: its ntdll exports wine_get_version.
bool is_wine();

}  // namespace contract
